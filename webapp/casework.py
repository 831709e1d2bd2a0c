"""What pages say about a case as a whole, the same on both sides of the counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.deadlines import watched_due
from engine.errors import UnknownCase
from engine.records import CaseClock, CaseRecord, CaseStatus
from engine.views import CaseView
from webapp.formatting import PAUSED, Chip, due_chip
from webapp.identity import account, actor, proved_cases
from webapp.inbox.reach import is_involved, may_read
from webapp.services import services
from webapp.wording import RESULTS

STATUS_CHIPS = {
    CaseStatus.SUBMITTED: Chip("info", "inbox", "等待受理"),
    CaseStatus.SUPPLEMENT: Chip("warn", "exclamation-triangle-fill", "等您补正"),
    CaseStatus.PROCESSING: Chip("info", "arrow-repeat", "办理中"),
    CaseStatus.SPECIAL: Chip("pause", "pause-circle", "特别程序中"),
    CaseStatus.DECIDED: Chip("done", "check-circle", "已作出决定"),
    CaseStatus.SUSPENDED: Chip("pause", "pause-circle-fill", "已挂起"),
    CaseStatus.CONCLUDED: Chip("done", "check-circle-fill", "已办结"),
}


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One line of a list of cases."""

    case: CaseRecord
    status: Chip
    #: time left of the promise; None when no clock runs
    due: Chip | None
    due_at: datetime | None


def due_of(case: CaseRecord) -> Chip | None:
    """The chip of the case clock."""
    if case.clock is CaseClock.PAUSED:
        return PAUSED
    due_at = watched_due(case)
    if case.clock is not CaseClock.RUNNING or due_at is None:
        return None
    calendar = services().calendars.of(case.owner_org)
    return due_chip(calendar.remaining(services().clock.now(), due_at), provisional=case.provisional)


def status_of(case: CaseRecord) -> Chip:
    """Where the case stands, its result when it has one."""
    chip = STATUS_CHIPS[case.status]
    if case.result and case.status in (CaseStatus.DECIDED, CaseStatus.CONCLUDED):
        kind = "done" if case.result == "granted" else "none"
        return Chip(kind, chip.icon if kind == "done" else "dash-circle", f"{chip.words}：{RESULTS[case.result]}")
    return chip


def summary_of(case: CaseRecord) -> CaseSummary:
    return CaseSummary(case, status_of(case), due_of(case), watched_due(case))


def own_case(case_no: str) -> CaseView:
    """The case, when it is the visitor's own: his account applied, or he proved its phone number.

    UnknownCase otherwise, so that case numbers cannot be tried out.
    """
    view = services().cases.view(case_no)
    if view is None or not is_own(view.case):
        raise UnknownCase(place=case_no)
    return view


def is_own(case: CaseRecord) -> bool:
    user = account()
    by_account = user is not None and case.applicant.user_id == user.user_id
    return by_account or case.case_no in proved_cases()


def may_see(view: CaseView) -> bool:
    """True for the applicant, and for staff of the owning organisation or of one that has, or had, a task in it."""
    return is_own(view.case) or (_is_staff() and is_involved(view, actor()))


def may_open(view: CaseView) -> bool:
    """True for whoever may open the materials: the applicant, and staff who work the case or have worked it."""
    return is_own(view.case) or (_is_staff() and may_read(view, actor()))


def _is_staff() -> bool:
    user = account()
    return user is not None and user.kind == "staff"


def org_name(code: str) -> str:
    """The organisation's name, its code when the tree does not know it."""
    organisation = services().directory.organisation(code)
    return organisation.name if organisation else code
