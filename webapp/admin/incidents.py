"""Incidents: what the engine could not do, and what is done about it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.authority import administers
from engine.errors import Conflict, Fault, Invalid, NotFound, TaskNotOpen
from engine.process import Node
from engine.repairs import LONGEST_REMARK
from engine.views import IncidentRow
from webapp.admin import admin
from webapp.casework import may_see
from webapp.diagrams import references
from webapp.identity import actor
from webapp.services import services

PAGE_SIZE = 20


class UnknownIncident(NotFound):
    """没有这条异常。"""

    code = "unknown_incident"


@admin.get("/incidents")
def incidents() -> str:
    settled = request.args.get("state") == "settled"
    cursor = request.args.get("cursor")
    page = services().incidents.page(settled=settled, limit=PAGE_SIZE, cursor=cursor)
    state = "settled" if settled else None
    following = url_for("admin.incidents", state=state, cursor=page.next_cursor) if page.next_cursor else None
    return render_template(
        "admin/incidents.html",
        rows=[(row, step_of(row)) for row in page.rows],
        settled=settled,
        following=following,
        first=cursor is None,
    )


@admin.get("/incidents/<case_no>/<ref>")
def incident(case_no: str, ref: str) -> str:
    return _page(_known(case_no, ref))


@admin.post("/incidents/<case_no>/<ref>/retry")
def retry_incident(case_no: str, ref: str) -> Response:
    """Let a failed timer fire now."""
    _known(case_no, ref)
    try:
        services().repairs.retry(actor(), case_no, ref)
        flash("重试成功，办件已继续。", "done")
    except Fault as fault:
        flash(f"重试没有成功：{fault.message}", "warn")
    return _back(case_no, ref)


@admin.post("/incidents/<case_no>/<ref>/ask")
def ask_again(case_no: str, ref: str) -> Response:
    """Tell whoever holds the task that it may be tried again."""
    _known(case_no, ref)
    try:
        services().repairs.ask_again(actor(), case_no, ref)
        flash("已发消息请经办人再办一次；办成后这条异常自动标为已解决。", "done")
    except TaskNotOpen as error:
        flash(error.message, "warn")
    return _back(case_no, ref)


@admin.post("/incidents/<case_no>/<ref>/settle")
def settle_incident(case_no: str, ref: str) -> str | Response | tuple[str, int]:
    """Settle an incident by hand, saying what was done."""
    row = _known(case_no, ref)
    remark = request.form.get("remark", "")
    try:
        services().repairs.settle(actor(), case_no, ref, remark)
    except Invalid as error:
        return _page(row, remark=remark, wrong=("remark", error.message)), 422
    flash("已标为已解决。", "done")
    return _back(case_no, ref)


@admin.post("/incidents/<case_no>/<ref>/terminate")
def terminate_case(case_no: str, ref: str) -> str | Response | tuple[str, int]:
    """End the case, saying why."""
    row = _known(case_no, ref)
    reason = request.form.get("reason", "")
    try:
        services().repairs.terminate(actor(), case_no, ref, reason)
        flash("办件已终止，理由已告知申请人。", "done")
    except Invalid as error:
        return _page(row, reason=reason, wrong=("reason", error.message)), 422
    except (Conflict, Fault) as error:
        flash(f"没有终止：{error.message}", "warn")
    return _back(case_no, ref)


def step_of(row: IncidentRow) -> Node | None:
    """The node at which the case stands; None when it is not known."""
    node_id = row.incident.node_id or (row.task.node_id if row.task else None)
    return services().definitions.get(row.definition_id).process.nodes.get(node_id or "")


def _known(case_no: str, ref: str) -> IncidentRow:
    row = services().incidents.get(case_no, ref)
    if row is None:
        raise UnknownIncident
    return row


def _page(row: IncidentRow, *, remark: str = "", reason: str = "", wrong: tuple[str, str] | None = None) -> str:
    """``wrong``: the field that is to be corrected, and how."""
    definition = services().definitions.get(row.definition_id)
    step = step_of(row)
    view = services().cases.view(row.incident.case_no)
    return render_template(
        "admin/incident.html",
        row=row,
        one=row.incident,
        step=step,
        definition=definition,
        current=references([step.id], definition.process) if step else (),
        opens_case=view is not None and may_see(view),
        repairs=row.is_open and administers(actor(), row.owner_org, services().directory),
        remark=remark,
        reason=reason,
        wrong=dict([wrong] if wrong else []),
        longest=LONGEST_REMARK,
    )


def _back(case_no: str, ref: str) -> Response:
    return redirect(url_for("admin.incident", case_no=case_no, ref=ref))
