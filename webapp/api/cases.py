"""Apply, follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask.views import MethodView

from engine.commands import Receipt, SubmitCase
from engine.errors import InvalidForm, NotAllowed
from engine.records import APPLICANT_GROUP, Applicant, TaskStatus
from engine.views import CaseQuery, CaseView, User
from webapp import slots
from webapp.api.items import item_row
from webapp.api.requests import Blueprint
from webapp.api.schemas import CaseDetail, CaseIn, CasesArgs, CasesOut, ReceiptOut, Timeline
from webapp.api.support import KEY_HEADER, application_form, case_out, handed_in, once, refuses, task_out, under
from webapp.auth.access import roles_of
from webapp.casework import is_own, org_name, own_case
from webapp.forms import bind
from webapp.identity import account, actor
from webapp.inbox.reach import case_for, organisations, works
from webapp.portal.applicant import applicant_of, stated_form
from webapp.portal.application import NO_FORM, today
from webapp.services import services
from webapp.wording import timeline

blueprint = Blueprint("api_cases", __name__, description="办件：申请、查询、经过")

LIVE = (TaskStatus.OPEN, TaskStatus.CLAIMED)
#: staff who take in applications for whoever stands before them
WINDOW = "window"


def reachable_case(case_no: str) -> CaseView:
    """The case, when it is the caller's own or his organisation's."""
    who = actor()
    return case_for(case_no, who) if who.org is not None else own_case(case_no)


@blueprint.route("/cases")
class CaseList(MethodView):
    @blueprint.arguments(CasesArgs, location="query")
    @blueprint.response(200, CasesOut)
    @refuses(blueprint, 401, 422)
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
        return {"cases": [case_out(case, full=is_own(case)) for case in page.rows], "next_cursor": page.next_cursor}

    @blueprint.arguments(CaseIn)
    @blueprint.response(201, ReceiptOut, headers={"Location": {"schema": {"type": "string"}, "description": "办件"}})
    @refuses(blueprint, 400, 401, 403, 404, 409, 413, 415, 422)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any]) -> tuple[Receipt, dict[str, str]]:
        """申请一个事项。申请人用本账号登记的身份；综合窗口可以代收。表单有误时逐个字段说明，什么也不保存。"""
        receipt = once(lambda: application(body))
        return receipt, {"Location": url_for("api_cases.CaseItem", case_no=receipt.case_no)}


@blueprint.route("/cases/<case_no>")
class CaseItem(MethodView):
    @blueprint.response(200, CaseDetail)
    @refuses(blueprint, 401, 403, 404)
    def get(self, case_no: str) -> dict[str, Any]:
        """一个办件的现状、期限和等着办理的任务。"""
        view, staff = reachable_case(case_no), actor().org is not None
        waiting = [task for task in view.tasks if task.status in LIVE and (staff or task.group == APPLICANT_GROUP)]
        shown = case_out(view.case, full=is_own(view.case) or works(view, actor()))
        return shown | {"tasks": [task_out(task) for task in waiting]}


@blueprint.route("/cases/<case_no>/timeline")
class CaseTimeline(MethodView):
    @blueprint.response(200, Timeline)
    @refuses(blueprint, 401, 403, 404)
    def get(self, case_no: str) -> dict[str, Any]:
        """一个办件从申请到现在的经过。"""
        view = reachable_case(case_no)
        calendar = services().calendars.of(view.case.owner_org)
        staff = actor().org is not None
        lines = timeline(view, calendar, org_name, staff=staff)
        return {"case_no": case_no, "lines": lines, "history": view.history if staff else []}


def application(body: Mapping[str, Any]) -> SubmitCase:
    """The application that ``body`` makes; InvalidForm names everything in it that is wrong."""
    row = item_row(body["item"])
    item, form = services().packages.get(row.definition_id).item, application_form(row.definition_id)
    places = slots.of_application(item, form)
    files, unfit = handed_in(body["attachments"], places)
    facts = slots.facts(today(), item, files)
    asked = form or NO_FORM
    bound = bind(asked, {**slots.answers(asked, files, facts.materials), **body["form"]}, facts)
    materials = [slot for slot in places if item.material(slot.id)]
    missing = slots.missing(materials, facts.uploads.values())
    applicant, wrong = checked_applicant(body["applicant"])
    errors = {
        **under("applicant", wrong),
        **under("form", bound.errors),
        **({"attachments": [f"{text}（{key}）" for key, (text,) in missing.items()]} if missing else {}),
        **unfit,
    }
    if errors or applicant is None:
        raise InvalidForm(errors)
    ids = tuple(file.attachment_id for file in files)
    return SubmitCase(actor(), row.key, applicant, bound.values, ids, "api")


def checked_applicant(given: Mapping[str, Any]) -> tuple[Applicant | None, dict[str, list[str]]]:
    """Who applies, an account in its own name or a window for whoever stands before it; and what is wrong with it.

    NotAllowed for staff of other posts, Refused for an account without a number.
    """
    user = account()
    assert user is not None
    if user.kind == "staff" and WINDOW not in roles_of(user):
        raise NotAllowed("工作人员中只有综合窗口可以代收申请。")
    own, kind = user.kind == "citizen", given["kind"]
    bound = bind(stated_form(kind), {key: value for key, value in given.items() if key != "kind"})
    errors = {**bound.errors, **(_another(user, kind, bound.values) if own else {})}
    if errors:
        return None, errors
    return applicant_of(bound.values, user) if own else Applicant(kind=kind, **bound.values), {}


def _another(user: User, kind: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What does not name the account itself."""
    own = {"kind": user.applicant_kind or "person", "name": user.name, "id_number": user.id_number}
    given = {"kind": kind, **values}
    return {key: ["只能用本账号登记的身份申请。"] for key in own if key in given and given[key] != own[key]}
