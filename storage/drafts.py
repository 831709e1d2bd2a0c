"""Applications not yet handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, delete, select

from engine.errors import WrongApplicant
from engine.views import Draft
from storage.database import Database
from storage.files import Files
from storage.rows import AnyRow, Rows
from storage.statements import upsert
from storage.tables import drafts

_DRAFT = Rows(Draft, drafts)
_ONE = select(*_DRAFT.columns).where(drafts.c.draft_id == bindparam("key"), drafts.c.owner == bindparam("of_owner"))
_OF = (
    select(*_DRAFT.columns)
    .where(drafts.c.owner == bindparam("of_owner"))
    .order_by(drafts.c.updated_at.desc(), drafts.c.draft_id)
)


class DraftStore:
    """:class:`engine.views.DraftStore`."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    def get(self, draft_id: str, owner: str) -> Draft | None:
        """The draft, if it is ``owner``'s."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"key": draft_id, "of_owner": owner}).first()
        return _draft_of(row) if row is not None else None

    def save(self, draft: Draft) -> None:
        """Store the draft as it now is; WrongApplicant when the id is another owner's."""
        with self._database.writing() as connection:
            statement = upsert(connection, drafts, only_if_same="owner")
            if connection.execute(statement, _DRAFT.values(draft)).rowcount != 1:
                raise WrongApplicant("这份草稿不是您的。", place=draft.draft_id)

    def of(self, owner: str) -> Sequence[Draft]:
        """The owner's drafts, the one last worked on first."""
        with self._database.reading() as connection:
            return [_draft_of(row) for row in connection.execute(_OF, {"of_owner": owner})]

    def remove(self, draft_id: str, owner: str) -> None:
        """Forget the draft and the files uploaded for it, if they are ``owner``'s."""
        with self._database.writing() as connection:
            mine = delete(drafts).where(drafts.c.draft_id == draft_id, drafts.c.owner == owner)
            if connection.execute(mine).rowcount != 1:
                return
        for attachment in self._files.of_draft(draft_id):
            self._files.remove(attachment.attachment_id, owner)


def _draft_of(row: AnyRow) -> Draft:
    draft = _DRAFT.read(row)
    return replace(draft, done=tuple(draft.done))
