"""The first group of every application: who applies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.records import Applicant
from engine.views import User
from processes.forms import Field, FieldType, Form, Option, Section, ShowIf

_PERSON, _ORGANISATION = ShowIf("kind", "person"), ShowIf("kind", "organisation")

FORM = Form(
    ref="applicant",
    title="申请人",
    sections=(
        Section(
            title="申请人",
            hint="通知书和决定书按这里填写的名称出具。",
            fields=(
                Field(
                    "kind",
                    FieldType.RADIO,
                    "以谁的名义申请",
                    required=True,
                    options=(
                        Option("person", "个人"),
                        Option("organisation", "企业、事业单位、社会组织或其他组织"),
                    ),
                ),
                Field(
                    "name",
                    FieldType.TEXT,
                    "申请人名称",
                    hint="个人填身份证上的姓名；单位填营业执照或登记证书上的全称。",
                    required=True,
                    min_length=2,
                    max_length=100,
                ),
                Field(
                    "id_card",
                    FieldType.TEXT,
                    "公民身份号码",
                    hint="身份证上的 18 位号码。",
                    required=True,
                    show_if=_PERSON,
                    max_length=40,
                    check="cn_id",
                ),
                Field(
                    "credit_code",
                    FieldType.TEXT,
                    "统一社会信用代码",
                    hint="营业执照或登记证书上的 18 位代码。",
                    required=True,
                    show_if=_ORGANISATION,
                    max_length=40,
                    check="credit_code",
                ),
                Field(
                    "agent_name",
                    FieldType.TEXT,
                    "经办人姓名",
                    required=True,
                    show_if=_ORGANISATION,
                    min_length=2,
                    max_length=50,
                ),
                Field(
                    "phone",
                    FieldType.TEXT,
                    "手机号",
                    hint="补正和决定的通知发到这里；没有登录时，凭它和办件编号查进度。",
                    required=True,
                    max_length=20,
                    check="mobile",
                ),
            ),
        ),
    ),
)


def prefilled(user: User) -> dict[str, Any]:
    """What the account already knows, as typed values."""
    kind = user.applicant_kind or "person"
    number = {"id_card" if kind == "person" else "credit_code": user.id_number or ""}
    return {"kind": kind, "name": user.name, "phone": user.phone or "", **number}


def applicant_of(values: Mapping[str, Any], user: User) -> Applicant:
    """The applicant out of the checked values of :data:`FORM`."""
    return Applicant(
        name=values["name"],
        id_number=values.get("id_card") or values["credit_code"],
        phone=values["phone"],
        kind=values["kind"],
        user_id=user.user_id,
        agent_name=values.get("agent_name"),
    )
