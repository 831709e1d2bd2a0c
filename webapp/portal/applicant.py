"""The first group of every application: who applies.

An account applies in its own name, so name and number are the account's; what is asked is how to reach the applicant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.errors import Refused
from engine.records import Applicant
from engine.views import User
from processes.forms import Field, FieldType, Form, Section

_AGENT = Field("agent_name", FieldType.TEXT, "经办人姓名", required=True, min_length=2, max_length=50)
_PHONE = Field(
    "phone",
    FieldType.TEXT,
    "手机号",
    hint="补正和决定的通知发到这里；没有登录时，凭它和办件编号查进度。",
    required=True,
    max_length=20,
    check="mobile",
)


def _form(*fields: Field) -> Form:
    return Form("applicant", "申请人", (Section("申请人", "通知书和决定书按账号登记的名称出具。", fields),))


_FORMS = {"person": _form(_PHONE), "organisation": _form(_AGENT, _PHONE)}


def form_of(user: User) -> Form:
    """What is asked of the account: an organisation also names who handles the application."""
    return _FORMS[user.applicant_kind or "person"]


def stated_form(kind: str) -> Form:
    """What is asked of somebody whose account, if any, does not say it: name and number too."""
    firm = kind == "organisation"
    number = ("统一社会信用代码", "credit_code") if firm else ("公民身份号码", "cn_id")
    return _form(
        Field("name", FieldType.TEXT, "单位名称" if firm else "姓名", required=True, min_length=2, max_length=100),
        Field("id_number", FieldType.TEXT, number[0], required=True, max_length=40, check=number[1]),
        replace(_AGENT, required=firm),
        _PHONE,
    )


def prefilled(user: User) -> dict[str, Any]:
    """What the account already knows."""
    return {"phone": user.phone or ""}


def applicant_of(values: Mapping[str, Any], user: User) -> Applicant:
    """The applicant: the account with the checked values of its form; Refused when the account has no number."""
    if not user.id_number:
        raise Refused("账号没有登记证件号码，不能在网上申请。请到窗口办理，或重新注册账号。")
    return Applicant(
        name=user.name,
        id_number=user.id_number,
        phone=values["phone"],
        kind=user.applicant_kind or "person",
        user_id=user.user_id,
        agent_name=values.get("agent_name"),
    )
