"""Cases of one's organisations: the list, and one case."""

from __future__ import annotations

from flask import render_template, request, url_for

from engine.records import CaseStatus
from engine.views import CaseQuery
from webapp.casework import status_of, summary_of
from webapp.identity import actor
from webapp.inbox import reach
from webapp.inbox.blueprint import work
from webapp.inbox.casefile import Casefile
from webapp.services import services

PAGE_SIZE = 20
_LONGEST = 100

#: status → what staff call it
STATUSES = {
    CaseStatus.SUBMITTED: "待受理",
    CaseStatus.SUPPLEMENT: "等申请人补正",
    CaseStatus.PROCESSING: "办理中",
    CaseStatus.SPECIAL: "特别程序中",
    CaseStatus.DECIDED: "已决定",
    CaseStatus.SUSPENDED: "已挂起",
    CaseStatus.CONCLUDED: "已办结",
}


@work.get("/cases")
def cases() -> str:
    text = request.args.get("q", "").strip()[:_LONGEST] or None
    status = request.args.get("status") if request.args.get("status") in set(CaseStatus) else None
    who = actor()
    query = CaseQuery(
        text=text,
        status=status,
        orgs=reach.organisations(who),
        limit=PAGE_SIZE,
        cursor=request.args.get("cursor"),
    )
    page = services().cases.page(query)
    following = url_for("work.cases", q=text, status=status, cursor=page.next_cursor) if page.next_cursor else None
    return render_template(
        "work/cases.html",
        rows=[summary_of(case) for case in page.rows],
        text=text,
        status=status,
        statuses=STATUSES,
        following=following,
        first=query.cursor is None,
    )


@work.get("/cases/<case_no>")
def case(case_no: str) -> str:
    who = actor()
    view = reach.case_for(case_no, who)
    definition_id = view.case.definition_id
    definition, package = services().definitions.get(definition_id), services().packages.get(definition_id)
    return render_template(
        "work/case.html",
        case=view.case,
        view=view,
        file=Casefile(view, definition, package),
        definition=definition,
        status=status_of(view.case),
        summary=summary_of(view.case),
        readable=reach.may_read(view, who),
        mine=[task for task in view.tasks if reach.may_work(task, who)],
    )
