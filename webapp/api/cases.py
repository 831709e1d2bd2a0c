"""Apply, follow."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from engine.commands import Receipt, SubmitCase
from engine.errors import InvalidForm
from engine.records import Applicant
from engine.views import CaseQuery, CaseView
from webapp.api.items import item_row
from webapp.api.schemas import CaseIn, CaseOut, CasesArgs, CasesOut, ReceiptOut, Timeline
from webapp.api.support import KEY_HEADER, application_form, case_out, idempotency_key, uploads_of
from webapp.casework import org_name, own_case
from webapp.forms import bind
from webapp.identity import account, actor
from webapp.inbox.reach import case_for, organisations
from webapp.inputs import Facts
from webapp.services import services
from webapp.wording import timeline

blueprint = Blueprint("api_cases", __name__, description="办件：申请、查询、经过")


def reachable_case(case_no: str) -> CaseView:
    """The case, when it is the caller's own or his organisation's."""
    who = actor()
    return case_for(case_no, who) if who.org is not None else own_case(case_no)


@blueprint.route("/cases")
class CaseList(MethodView):
    @blueprint.arguments(CasesArgs, location="query")
    @blueprint.response(200, CasesOut)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """我能看到的办件，新的在前：工作人员看本单位的，申请人看自己的。"""
        who = actor()
        page = services().cases.page(
            CaseQuery(
                text=args["text"],
                status=args["status"],
                item_key=args["item"],
                orgs=organisations(who) if who.org is not None else None,
                applicant_user_id=who.user_id if who.org is None else None,
                limit=args["limit"],
                cursor=args["cursor"],
            )
        )
        return {"cases": [case_out(case) for case in page.rows], "next_cursor": page.next_cursor}

    @blueprint.arguments(CaseIn)
    @blueprint.response(201, ReceiptOut)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any]) -> Receipt:
        """申请一个事项。表单有误时逐个字段说明，什么也不保存。"""
        row = item_row(body["item"])
        who = actor()
        return services().execute(
            SubmitCase(
                actor=who,
                item_key=row.key,
                applicant=checked_applicant(body["applicant"]),
                form=checked_application(row.definition_id, body["form"], uploads_of(body["attachments"], who.user_id)),
                attachments=tuple(body["attachments"]),
                channel="api",
            ),
            idempotency_key(),
        )


@blueprint.route("/cases/<case_no>")
class CaseItem(MethodView):
    @blueprint.response(200, CaseOut)
    def get(self, case_no: str) -> dict[str, Any]:
        """一个办件的现状和期限。"""
        return case_out(reachable_case(case_no).case)


@blueprint.route("/cases/<case_no>/timeline")
class CaseTimeline(MethodView):
    @blueprint.response(200, Timeline)
    def get(self, case_no: str) -> dict[str, Any]:
        """一个办件从申请到现在的经过。"""
        view = reachable_case(case_no)
        calendar = services().calendars.of(view.case.owner_org)
        lines = timeline(view, calendar, org_name, staff=actor().org is not None)
        return {"case_no": case_no, "lines": lines, "history": view.history}


def checked_applicant(given: dict[str, Any]) -> Applicant:
    """Who applies; citizens apply in their own name, windows for whoever stands before them."""
    user = account()
    own = user is not None and user.kind == "citizen"
    if own and user is not None and given["id_number"] != user.id_number:
        raise InvalidForm({"applicant.id_number": ["只能用本账号登记的证件号码申请。"]})
    return Applicant(user_id=user.user_id if own and user else None, **given)


def checked_application(definition_id: str, raw: dict[str, Any], uploads: dict[str, str]) -> dict[str, Any]:
    """The application form, judged; every material that must be handed in has its file."""
    package = services().packages.get(definition_id)
    materials = package.item.materials or ()
    missing = {
        f"attachments.{m.id}": [f"缺少材料：{m.name}"]
        for m in materials
        if m.upload is not None and m.required == "always" and m.id not in uploads.values()
    }
    form = application_form(definition_id)
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    if form is not None:
        bound = bind(form, raw, Facts(materials={m.id: m.name for m in materials}, uploads=uploads))
        values, errors = dict(bound.values), dict(bound.errors)
    if missing or errors:
        raise InvalidForm({**errors, **missing})
    return values
