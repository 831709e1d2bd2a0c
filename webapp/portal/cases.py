"""The applicant's view of a case: whose turn, until when, what has been, which papers."""

from __future__ import annotations

from flask import render_template

from engine.errors import UnknownNotice
from engine.ledger import ledger
from engine.records import APPLICANT_GROUP, TaskStatus
from webapp.casework import due_of, may_see, org_name, own_case, status_of
from webapp.diagrams import marks
from webapp.ledger_view import weeks
from webapp.notices import paper
from webapp.portal import bp
from webapp.qr import outside, qr
from webapp.services import services
from webapp.turn import turn_of
from webapp.uploads import all_slots
from webapp.wording import timeline

LIVE = (TaskStatus.OPEN, TaskStatus.CLAIMED)


@bp.get("/cases/<case_no>")
def case(case_no: str) -> str:
    view = own_case(case_no)
    definition = services().definitions.get(view.case.definition_id)
    package = services().packages.get(view.case.definition_id)
    calendar = services().calendars.of(view.case.owner_org)
    book = ledger(view.case, view.spans, services().clock.now(), calendar)
    return render_template(
        "portal/case.html",
        view=view,
        item=package.item,
        turn=turn_of(view, org_name),
        status=status_of(view.case),
        due=due_of(view.case),
        lines=timeline(view, calendar, org_name),
        titles={name: notice.title for name, notice in package.notices.items()},
        book=book,
        weeks=weeks(book),
        marks=marks(view, definition.process),
        tasks=[task for task in view.tasks if task.group == APPLICANT_GROUP and task.status in LIVE],
        slots={slot.id: slot.name for slot in all_slots(package.item)},
    )


@bp.get("/cases/<case_no>/notices/<notice_id>")
def notice(case_no: str, notice_id: str) -> str:
    """A notice to read or print; also for the staff who handle the case."""
    view = services().cases.view(case_no)
    record = next((n for n in view.notices if n.notice_id == notice_id), None) if view else None
    if view is None or record is None or not may_see(view):
        raise UnknownNotice
    address = outside("portal.track", no=case_no)
    return render_template(
        "portal/notice.html",
        paper=paper(record, services().packages.get(view.case.definition_id)),
        case=view.case,
        qr=qr(address, "二维码：在手机上查这个办件的进度"),
    )
