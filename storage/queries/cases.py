"""Lists of cases and everything that a case's page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, select

from engine.errors import InvalidValue
from engine.records import CaseRecord, CaseStatus, NoticeRecord
from engine.views import CaseQuery, CaseView, Page
from storage.database import Database
from storage.queries.paging import Key, after, clamp, cursor_of, key_of, merged, ordered
from storage.repositories.incidents import STILL_OPEN
from storage.repositories.papers import FORMS_OF, form_of
from storage.rows import (
    ATTACHMENT,
    CASE_COLUMNS,
    COPY,
    HISTORY,
    INCIDENT,
    NOTICE,
    QUESTION,
    REMARK,
    SPAN,
    TASK,
    WARNING,
    AnyRow,
    Record,
    Rows,
    case_of,
    searchable,
)
from storage.tables import (
    attachments,
    case_orgs,
    cases,
    copies,
    history,
    incidents,
    notices,
    questions,
    remarks,
    spans,
    tasks,
    warnings,
)
from storage.types import storable

_NEWEST = (cases.c.submitted_at, cases.c.case_no)
_NEWEST_OF_ORG = (case_orgs.c.submitted_at, case_orgs.c.case_no)


class CaseQueries:
    """:class:`engine.views.CaseQueries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, query: CaseQuery) -> Page[CaseRecord]:
        """Newest first, ``state`` empty.  Raises InvalidValue for an unknown status or cursor."""
        limit = clamp(query.limit)
        statement = page_statement(query, limit + 1)
        if statement is None:
            return Page([])
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        found = [case_of(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(found)
        return Page(found, cursor_of((found[-1].submitted_at, found[-1].case_no)))

    def view(self, case_no: str) -> CaseView | None:
        """Everything a case page shows, read from one snapshot."""
        with self._database.snapshot() as connection:
            row = connection.execute(_CASE, {"key": case_no}).first()
            return _view(connection, case_of(row)) if row is not None else None

    def definition_of(self, case_no: str) -> str | None:
        """Content hash of the definition version that the case is pinned to."""
        with self._database.reading() as connection:
            found: str | None = connection.scalar(_DEFINITION, {"key": case_no})
        return found

    def by_number_and_phone(self, case_no: str, phone: str) -> CaseRecord | None:
        """For tracking without an account; ``state`` empty."""
        with self._database.reading() as connection:
            row = connection.execute(_CASE_OF_PHONE, {"key": case_no, "phone": phone}).first()
        return case_of(row) if row is not None else None

    def notice(self, notice_id: str) -> NoticeRecord | None:
        """An issued notice."""
        with self._database.reading() as connection:
            row = connection.execute(_NOTICE, {"key": notice_id}).first()
        return NOTICE.read(row) if row is not None else None


def page_statement(query: CaseQuery, limit: int) -> Select[Any] | None:
    """The statement for ``limit`` cases; None when there cannot be any."""
    conditions = _filters(query)
    key = key_of(query.cursor, datetime, str)
    if query.orgs is None:
        found = select(*CASE_COLUMNS).where(*conditions, *after(_NEWEST, key, descending=True))
        return found.order_by(*ordered(_NEWEST, descending=True)).limit(limit)
    if not query.orgs:
        return None
    numbers = merged(
        lambda of_org: _numbers(of_org, conditions, key),
        case_orgs.c.org,
        sorted(query.orgs),
        _NEWEST_OF_ORG,
        limit,
        descending=True,
    ).subquery()
    found = select(*CASE_COLUMNS).join(numbers, numbers.c.case_no == cases.c.case_no)
    return found.order_by(*ordered(_NEWEST, descending=True))


def _numbers(of_org: ColumnElement[bool], conditions: list[ColumnElement[bool]], key: Key | None) -> Select[Any]:
    walk = select(*_NEWEST_OF_ORG).where(of_org, *after(_NEWEST_OF_ORG, key, descending=True))
    return walk.join(cases, cases.c.case_no == case_orgs.c.case_no).where(*conditions) if conditions else walk


def _filters(query: CaseQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.status is not None:
        if query.status not in tuple(CaseStatus):
            raise InvalidValue(f"没有“{query.status}”这个办件状态。", place="status")
        conditions.append(cases.c.status == CaseStatus(query.status))
    if query.item_key is not None:
        conditions.append(cases.c.item_key == query.item_key)
    if query.applicant_user_id is not None:
        conditions.append(cases.c.applicant_user_id == query.applicant_user_id)
    if query.text and query.text.strip():
        conditions.append(cases.c.search.contains(searchable(storable(query.text.strip())), autoescape=True))
    return conditions


_CASE = select(*CASE_COLUMNS).where(cases.c.case_no == bindparam("key"))
_DEFINITION = select(cases.c.definition_id).where(cases.c.case_no == bindparam("key"))
_CASE_OF_PHONE = _CASE.where(cases.c.applicant_phone == bindparam("phone"))
_NOTICE = select(*NOTICE.columns).where(notices.c.notice_id == bindparam("key"))


def _of_case(rows: Rows[Any], table: Table, *order: str) -> Select[Any]:
    ordering = (table.c[name] for name in order)
    return select(*rows.columns).where(table.c.case_no == bindparam("key")).order_by(*ordering)


_TASKS = _of_case(TASK, tasks, "opened_at", "task_id")
_SPANS = _of_case(SPAN, spans, "started_at", "span_id")
_HISTORY = _of_case(HISTORY, history, "seq")
_NOTICES = _of_case(NOTICE, notices, "issued_at", "number")
_ATTACHMENTS = _of_case(ATTACHMENT, attachments, "uploaded_at", "attachment_id")
_WARNINGS = _of_case(WARNING, warnings, "raised_at", "deadline", "level")
_REMARKS = _of_case(REMARK, remarks, "at", "remark_id")
_COPIES = _of_case(COPY, copies, "sent_at", "copy_id")
_QUESTIONS = _of_case(QUESTION, questions, "asked_at", "question_id")
_INCIDENTS = _of_case(INCIDENT, incidents, "last_at", "ref").where(STILL_OPEN)


def _view(connection: Connection, case: CaseRecord) -> CaseView:
    def read(reader: Callable[[AnyRow], Record], statement: Select[Any]) -> list[Record]:
        return [reader(row) for row in connection.execute(statement, {"key": case.case_no})]

    return CaseView(
        case=case,
        tasks=read(TASK.read, _TASKS),
        spans=read(SPAN.read, _SPANS),
        history=read(HISTORY.read, _HISTORY),
        notices=read(NOTICE.read, _NOTICES),
        forms=read(form_of, FORMS_OF),
        attachments=read(ATTACHMENT.read, _ATTACHMENTS),
        warnings=read(WARNING.read, _WARNINGS),
        remarks=read(REMARK.read, _REMARKS),
        copies=read(COPY.read, _COPIES),
        questions=read(QUESTION.read, _QUESTIONS),
        incidents=read(INCIDENT.read, _INCIDENTS),
    )
