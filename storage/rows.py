"""Records to rows and back.

Most records map field by field to columns of the same name; a case and a user are put together by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Row, Table

from engine.contacts import CopyRecord, QuestionRecord, RemarkRecord, UrgeRecord
from engine.grants import GrantRecord
from engine.records import (
    Applicant,
    CaseRecord,
    FormRecord,
    HistoryEntry,
    IncidentRecord,
    MessageRecord,
    NoticeRecord,
    Organisation,
    SpanRecord,
    TaskRecord,
    TimerRecord,
    WarningRecord,
)
from engine.views import Attachment
from storage import tables

Record = TypeVar("Record")
AnyRow = Row[Any] | Sequence[Any]


class Rows(Generic[Record]):
    """A record type whose fields are columns of one table."""

    def __init__(self, record: type[Record], table: Table) -> None:
        self.record = record
        self.names = tuple(field.name for field in fields(record))  # type: ignore[arg-type]
        #: the columns to select, in the order of the record's fields
        self.columns: tuple[Column[Any], ...] = tuple(table.c[name] for name in self.names)
        self._get = attrgetter(*self.names)

    def values(self, record: Record) -> dict[str, Any]:
        """Column values by name."""
        return dict(zip(self.names, self._get(record), strict=True))

    def read(self, row: AnyRow) -> Record:
        """The record of a row that starts with :attr:`columns`."""
        return self.record(*row[: len(self.names)])


TASK = Rows(TaskRecord, tables.tasks)
TIMER = Rows(TimerRecord, tables.timers)
SPAN = Rows(SpanRecord, tables.spans)
FORM = Rows(FormRecord, tables.forms)
HISTORY = Rows(HistoryEntry, tables.history)
NOTICE = Rows(NoticeRecord, tables.notices)
MESSAGE = Rows(MessageRecord, tables.outbox)
INCIDENT = Rows(IncidentRecord, tables.incidents)
WARNING = Rows(WarningRecord, tables.warnings)
REMARK = Rows(RemarkRecord, tables.remarks)
URGE = Rows(UrgeRecord, tables.urges)
COPY = Rows(CopyRecord, tables.copies)
QUESTION = Rows(QuestionRecord, tables.questions)
GRANT = Rows(GrantRecord, tables.grants)
ORGANISATION = Rows(Organisation, tables.organisations)
ATTACHMENT = Rows(Attachment, tables.attachments)

_APPLICANT = tuple(field.name for field in fields(Applicant))
_CASE = tuple(field.name for field in fields(CaseRecord) if field.name not in ("applicant", "state"))
_applicant_of = attrgetter(*_APPLICANT)
_case_of = attrgetter(*_CASE)

#: a case without its engine state
CASE_COLUMNS: tuple[Column[Any], ...] = (
    *(tables.cases.c[f"applicant_{name}"] for name in _APPLICANT),
    *(tables.cases.c[name] for name in _CASE),
)
#: a case with its engine state
WHOLE_CASE_COLUMNS: tuple[Column[Any], ...] = (*CASE_COLUMNS, tables.cases.c.state)


def case_of(row: AnyRow, state: bytes = b"") -> CaseRecord:
    """The case of a row of :data:`CASE_COLUMNS`."""
    cut = len(_APPLICANT)
    facts = dict(zip(_CASE, row[cut : len(CASE_COLUMNS)], strict=True))
    return CaseRecord(applicant=Applicant(*row[:cut]), state=state, **facts)


def whole_case_of(row: AnyRow) -> CaseRecord:
    """The case of a row of :data:`WHOLE_CASE_COLUMNS`."""
    return case_of(row, state=bytes(row[len(CASE_COLUMNS)]))


def case_values(case: CaseRecord) -> dict[str, Any]:
    """Column values of a case, what is searched included."""
    values = dict(zip(_CASE, _case_of(case), strict=True))
    for name, value in zip(_APPLICANT, _applicant_of(case.applicant), strict=True):
        values[f"applicant_{name}"] = value
    values["state"] = case.state
    values["search"] = searchable(case.case_no, case.item_name, case.applicant.name)
    return values


def searchable(*parts: str | None) -> str:
    """What a search looks through; a line each, so that no hit spans two of them."""
    return "\n".join(part for part in parts if part).casefold()
