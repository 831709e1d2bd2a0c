"""What a case is documented by: history, forms, attachments, notices; and the drafts it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import StaleVersion, UnknownAttachment
from engine.records import FormRecord, HistoryEntry, NoticeRecord
from storage.rows import FORM, HISTORY, NOTICE, AnyRow
from storage.statements import upsert
from storage.tables import attachments, drafts, forms, history, notices
from storage.types import Moment

FORMS_OF = select(*FORM.columns).where(forms.c.case_no == bindparam("key")).order_by(forms.c.saved_at, forms.c.task_id)
_NAMES = select(attachments.c.attachment_id, attachments.c.filename).where(
    attachments.c.attachment_id.in_(bindparam("keys", expanding=True))
)
_BIND = (
    update(attachments)
    .where(
        attachments.c.attachment_id.in_(bindparam("keys", expanding=True)),
        attachments.c.uploaded_by == bindparam("owner"),
        attachments.c.case_no.is_(None),
    )
    .values(case_no=bindparam("case"), task_id=bindparam("task"), draft_id=None)
)


_ISSUED_AT = (
    select(notices.c.notice_id)
    .where(notices.c.case_no == bindparam("key"), notices.c.issued_at == bindparam("at", type_=Moment))
    .limit(1)
)


class History:
    """:class:`engine.ports.History`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entries: Sequence[HistoryEntry]) -> None:
        """Store entries; raises StaleVersion when another transaction gave one of their sequence numbers away."""
        if not entries:
            return
        try:
            self._connection.execute(insert(history), [HISTORY.values(entry) for entry in entries])
        except IntegrityError as error:
            raise StaleVersion(place=entries[0].case_no) from error


class Forms:
    """:class:`engine.ports.Forms`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, form: FormRecord) -> None:
        """Store what was filled in; the same form of the same task is replaced."""
        statement = upsert(self._connection, forms)
        self._connection.execute(statement, FORM.values(form) | {"task_id": form.task_id or ""})

    def of_case(self, case_no: str) -> Sequence[FormRecord]:
        """Forms of the case, in the order in which they were saved."""
        return [form_of(row) for row in self._connection.execute(FORMS_OF, {"key": case_no})]


def form_of(row: AnyRow) -> FormRecord:
    """The form of a row of :data:`storage.rows.FORM`."""
    form = FORM.read(row)
    return replace(form, task_id=form.task_id or None)


class Attachments:
    """:class:`engine.ports.Attachments`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def bind(self, attachment_ids: Sequence[str], case_no: str, task_id: str | None, owner: str) -> None:
        """Give uploaded files to the case; UnknownAttachment when one is not ``owner``'s or is already bound."""
        keys = set(attachment_ids)
        if not keys:
            return
        values = {"keys": list(keys), "owner": owner, "case": case_no, "task": task_id}
        if self._connection.execute(_BIND, values).rowcount != len(keys):
            raise UnknownAttachment("有附件不是您上传的，或者已经提交过，请重新上传。", place=case_no)

    def names(self, attachment_ids: Sequence[str]) -> dict[str, str]:
        """File names by id."""
        if not attachment_ids:
            return {}
        rows = self._connection.execute(_NAMES, {"keys": list(attachment_ids)})
        return {row[0]: row[1] for row in rows}


class Drafts:
    """:class:`engine.ports.Drafts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def remove(self, draft_id: str, owner: str) -> None:
        """Forget the draft, if it is ``owner``'s."""
        self._connection.execute(delete(drafts).where(drafts.c.draft_id == draft_id, drafts.c.owner == owner))


class Notices:
    """:class:`engine.ports.Notices`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, notices_issued: Sequence[NoticeRecord]) -> None:
        """Store issued notices."""
        _insert(self._connection, notices, [NOTICE.values(notice) for notice in notices_issued])

    def issued_at(self, case_no: str, at: datetime) -> bool:
        """True when a notice of the case was issued at just this moment."""
        return self._connection.execute(_ISSUED_AT, {"key": case_no, "at": at}).first() is not None


def _insert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
