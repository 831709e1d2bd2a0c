"""Everything stored, page by page, for the checker (:mod:`engine.doctor`).

A page is read in one snapshot, so that it agrees with itself on a database in use; between pages nothing is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Select, Table, bindparam, select, tuple_

from engine.doctor.ports import KeptReceipt, Stray
from engine.doctor.subject import CaseFile, Unreadable
from engine.views import Attachment
from storage.database import Database
from storage.repositories.incidents import STILL_OPEN
from storage.repositories.papers import form_of
from storage.rows import (
    ATTACHMENT,
    FORM,
    HISTORY,
    INCIDENT,
    NOTICE,
    SPAN,
    TASK,
    TIMER,
    WARNING,
    WHOLE_CASE_COLUMNS,
    Rows,
    whole_case_of,
)
from storage.tables import (
    attachments,
    cases,
    forms,
    history,
    idempotency,
    incidents,
    metadata,
    notices,
    spans,
    tasks,
    timers,
    warnings,
)

#: cases, keys or files read at once
PAGE = 200
_WORDS = {
    "tasks": "任务",
    "timers": "定时",
    "spans": "计时区间",
    "history": "留痕",
    "forms": "表单",
    "attachments": "附件",
    "notices": "文书",
    "outbox": "待发消息",
    "warnings": "预警",
    "incidents": "异常",
    "case_orgs": "所属机构",
    "remarks": "办理说明",
    "urges": "催办",
    "copies": "抄送",
    "questions": "问答",
    "grants": "授权",
}
#: tables of what belongs to cases → what their rows are called
BELONGINGS = {
    table: _WORDS.get(table.name, table.name)
    for table in metadata.sorted_tables
    if any(key.target_fullname == "cases.case_no" for key in table.foreign_keys)
}
_LEVELS = {1: "yellow", 2: "red"}
#: what stored values raise that no record can hold
_DAMAGE = (ValueError, TypeError, LookupError, orjson.JSONDecodeError)


def _of_cases(rows: Rows[Any], table: Table, *order: str) -> Select[Any]:
    between = table.c.case_no.between(bindparam("first"), bindparam("last"))
    return select(*rows.columns).where(between).order_by(table.c.case_no, *(table.c[name] for name in order))


_NUMBERS = (
    select(cases.c.case_no)
    .where(cases.c.case_no > bindparam("after"))
    .order_by(cases.c.case_no)
    .limit(bindparam("limit"))
)
_CASES = (
    select(*WHOLE_CASE_COLUMNS, cases.c.card)
    .where(cases.c.case_no.between(bindparam("first"), bindparam("last")))
    .order_by(cases.c.case_no)
)
_TASKS = _of_cases(TASK, tasks, "task_id").add_columns(tasks.c.urgent_at.is_not(None), tasks.c.card)
_PARTS: dict[str, tuple[Select[Any], Callable[[Any], Any]]] = {
    "timers": (_of_cases(TIMER, timers, "timer_id"), TIMER.read),
    "spans": (_of_cases(SPAN, spans, "started_at", "span_id"), SPAN.read),
    "history": (_of_cases(HISTORY, history, "seq"), HISTORY.read),
    "forms": (_of_cases(FORM, forms, "node_id", "task_id"), form_of),
    "notices": (_of_cases(NOTICE, notices, "notice_id"), NOTICE.read),
    "attachments": (_of_cases(ATTACHMENT, attachments, "attachment_id"), ATTACHMENT.read),
    "warnings": (_of_cases(WARNING, warnings, "deadline", "level"), WARNING.read),
    "incidents": (
        _of_cases(INCIDENT, incidents, "ref").where(STILL_OPEN),
        INCIDENT.read,
    ),
}
_KEYS = (
    select(idempotency)
    .where(tuple_(idempotency.c.key, idempotency.c.user_id) > tuple_(bindparam("key"), bindparam("user")))
    .order_by(idempotency.c.key, idempotency.c.user_id)
    .limit(bindparam("limit"))
)
_KNOWN_CASES = select(cases.c.case_no, cases.c.concluded_at.is_not(None)).where(
    cases.c.case_no.in_(bindparam("keys", expanding=True))
)
_KNOWN_TASKS = select(tasks.c.task_id, tasks.c.version).where(tasks.c.task_id.in_(bindparam("keys", expanding=True)))
_FILES = (
    select(*ATTACHMENT.columns)
    .where(attachments.c.attachment_id > bindparam("after"))
    .order_by(attachments.c.attachment_id)
    .limit(bindparam("limit"))
)


class CaseFiles:
    """:class:`engine.doctor.ports.Records`."""

    def __init__(self, database: Database, page: int = PAGE) -> None:
        self._database = database
        self._limit = page

    def case_files(self) -> Iterator[CaseFile | Unreadable]:
        """Every case, by number."""
        after = ""
        while numbers := self._numbers(after):
            try:
                yield from self._page(numbers[0], numbers[-1])
            except _DAMAGE:
                yield from (file for one in numbers if (file := self.case_file(one)) is not None)
            after = numbers[-1]

    def case_file(self, case_no: str) -> CaseFile | Unreadable | None:
        """One case."""
        try:
            return next(iter(self._page(case_no, case_no)), None)
        except _DAMAGE as error:
            return Unreadable(case_no, f"{type(error).__name__}: {error}")

    def strays(self) -> Sequence[Stray]:
        """Rows of cases that do not exist, each pair of table and number once."""
        found = []
        for table, words in BELONGINGS.items():
            lost = (
                select(table.c.case_no)
                .where(table.c.case_no.is_not(None))
                .where(~select(cases.c.case_no).where(cases.c.case_no == table.c.case_no).exists())
                .distinct()
                .order_by(table.c.case_no)
            )
            with self._database.reading() as connection:
                found += [Stray(words, case_no) for case_no in connection.scalars(lost)]
        return found

    def receipts(self) -> Iterator[KeptReceipt]:
        """Every key kept."""
        key, user = "", ""
        while True:
            with self._database.snapshot() as connection:
                rows = connection.execute(_KEYS, {"key": key, "user": user, "limit": self._limit}).all()
                kept = _kept(connection, rows)
            if not rows:
                return
            yield from kept
            key, user = rows[-1].key, rows[-1].user_id

    def attachments(self) -> Iterator[Attachment]:
        """Every uploaded file, by id; those that no case holds yet too."""
        after = ""
        while True:
            with self._database.reading() as connection:
                page = [
                    ATTACHMENT.read(row) for row in connection.execute(_FILES, {"after": after, "limit": self._limit})
                ]
            if not page:
                return
            yield from page
            after = page[-1].attachment_id

    def _numbers(self, after: str) -> Sequence[str]:
        with self._database.reading() as connection:
            return connection.scalars(_NUMBERS, {"after": after, "limit": self._limit}).all()

    def _page(self, first: str, last: str) -> list[CaseFile]:
        bounds = {"first": first, "last": last}
        with self._database.snapshot() as connection:
            found = connection.execute(_CASES, bounds).all()
            of_tasks = _grouped(connection.execute(_TASKS, bounds).all(), "case_no")
            parts = {
                name: _grouped(connection.execute(statement, bounds).all(), "case_no")
                for name, (statement, _) in _PARTS.items()
            }
        return [_file(row, of_tasks[row.case_no], {name: parts[name][row.case_no] for name in _PARTS}) for row in found]


def _grouped(rows: Sequence[Any], column: str) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups


def _file(row: Any, task_rows: list[Any], parts: dict[str, list[Any]]) -> CaseFile:
    ranks = {"case": row.card} | {task.task_id: task.card for task in task_rows}
    return CaseFile(
        case=whole_case_of(row),
        tasks=[TASK.read(task) for task in task_rows],
        listed=frozenset(task.task_id for task in task_rows if task[len(TASK.names)]),
        cards={deadline: _LEVELS[rank] for deadline, rank in ranks.items() if rank},
        **{name: [read(one) for one in parts[name]] for name, (_, read) in _PARTS.items()},
    )


def _kept(connection: Connection, rows: Sequence[Any]) -> list[KeptReceipt]:
    receipts = [row.receipt or {} for row in rows]
    case_nos = {receipt.get("case_no") for receipt in receipts} - {None}
    task_ids = {task for receipt in receipts for task in (receipt.get("task_id"), *receipt.get("opened", ()))} - {None}
    known = dict(map(tuple, connection.execute(_KNOWN_CASES, {"keys": list(case_nos)}).all()))
    versions = dict(map(tuple, connection.execute(_KNOWN_TASKS, {"keys": list(task_ids)}).all()))
    return [
        KeptReceipt(
            key=row.key,
            user_id=row.user_id,
            receipt=row.receipt,
            at=row.at,
            case_known=receipt.get("case_no") in known,
            concluded=bool(known.get(receipt.get("case_no"))),
            versions=versions,
        )
        for row, receipt in zip(rows, receipts, strict=True)
    ]
