"""What people tell each other about a case, as frozen records.

Free text that people write stands here and in tasks, never in the history, so that it can be deleted when its time is
over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

#: stands for the applicant where otherwise an account's id stands
TO_APPLICANT = "applicant"


@dataclass(frozen=True, slots=True)
class RemarkRecord:
    """The reason that was given for an act: why transferred, returned, suspended, withdrawn …"""

    remark_id: str
    case_no: str
    task_id: str | None
    #: the act, named like the history entry beside it: ``task_transferred`` …
    kind: str
    text: str
    by_id: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UrgeRecord:
    """Somebody asked for a case to be hurried; unique by (case, who, day)."""

    case_no: str
    #: ``applicant`` or a supervisor's account
    by_id: str
    #: by the calendar of the case's owner
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class CopyRecord:
    """A case shown to a colleague who has nothing to do in it (抄送)."""

    copy_id: str
    case_no: str
    item_name: str
    #: the step from which it was sent, None when it was sent from the case
    task_id: str | None
    step: str | None
    to_id: str
    to_name: str
    from_id: str
    from_name: str
    note: str | None
    sent_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """A question about a case, and its answer (沟通)."""

    question_id: str
    case_no: str
    item_name: str
    task_id: str | None
    step: str | None
    #: ``applicant`` or the account of a colleague
    to_id: str
    to_name: str
    text: str
    asked_by_id: str
    asked_by_name: str
    asked_at: datetime
    answer: str | None = None
    answered_by_id: str | None = None
    answered_by_name: str | None = None
    answered_at: datetime | None = None
