"""Uploaded files: rows in the database, bytes on disk under their SHA-256.

Equal contents are kept once.  A file is written beside its place, flushed to the disk and then renamed, so that under a
name there is either nothing or all of the content, also after a power failure; the row is committed only when the bytes
are safe.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from sqlalchemy import bindparam, delete, insert, select

from engine.errors import Fault, StorageFull, Unavailable, UnknownAttachment
from engine.views import Attachment
from storage.database import Database
from storage.rows import ATTACHMENT
from storage.tables import attachments, drafts

_ONE = select(*ATTACHMENT.columns).where(attachments.c.attachment_id == bindparam("key"))
_OF_DRAFT = (
    select(*ATTACHMENT.columns)
    .where(attachments.c.draft_id == bindparam("key"))
    .order_by(attachments.c.uploaded_at, attachments.c.attachment_id)
)
_LOOSE = attachments.c.case_no.is_(None)
_ABANDONED = (
    select(attachments.c.attachment_id, attachments.c.uploaded_by, attachments.c.sha256)
    .outerjoin(drafts, drafts.c.draft_id == attachments.c.draft_id)
    .where(_LOOSE, attachments.c.uploaded_at < bindparam("before", type_=attachments.c.uploaded_at.type))
    .where(drafts.c.draft_id.is_(None))
)
_USES = select(attachments.c.attachment_id).where(attachments.c.sha256 == bindparam("digest")).limit(1)


#: disk full, quota used up, file larger than allowed
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LostFile(Fault):
    """附件的内容不能读取，请联系管理员。"""

    code = "lost_file"


class Files:
    """:class:`engine.views.Files`, with the bytes below the directory ``root``."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root

    def add(
        self,
        *,
        field: str,
        filename: str,
        media_type: str,
        content: bytes,
        owner: str,
        draft_id: str | None,
        at: datetime,
    ) -> Attachment:
        """Keep an uploaded file that no case holds yet.

        Raises StorageFull when the disk is full and Unavailable when it cannot be written; nothing is kept then.
        """
        attachment = Attachment(
            attachment_id=uuid4().hex,
            case_no=None,
            task_id=None,
            field=field,
            filename=filename,
            media_type=media_type,
            size=len(content),
            sha256=sha256(content).hexdigest(),
            uploaded_at=at,
            uploaded_by=owner,
        )
        with _answered(), self._alone_with(attachment.sha256):
            self._keep(attachment.sha256, content)
            with self._database.writing() as connection:
                connection.execute(insert(attachments), ATTACHMENT.values(attachment) | {"draft_id": draft_id})
        return attachment

    def get(self, attachment_id: str) -> Attachment | None:
        """The file's particulars."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"key": attachment_id}).first()
        return ATTACHMENT.read(row) if row is not None else None

    def content(self, attachment: Attachment) -> bytes:
        """The file's bytes.  Raises :class:`LostFile` when they are gone or are not what was uploaded."""
        try:
            content = self._path(attachment.sha256).read_bytes()
        except OSError as error:
            raise LostFile(place=attachment.attachment_id) from error
        if sha256(content).hexdigest() != attachment.sha256:
            raise LostFile(place=attachment.attachment_id)
        return content

    def of_draft(self, draft_id: str) -> Sequence[Attachment]:
        """Files uploaded for a draft, in the order in which they came."""
        with self._database.reading() as connection:
            return [ATTACHMENT.read(row) for row in connection.execute(_OF_DRAFT, {"key": draft_id})]

    def remove(self, attachment_id: str, owner: str) -> None:
        """Remove a file that no case holds yet; UnknownAttachment when it is not ``owner``'s or a case holds it."""
        attachment = self.get(attachment_id)
        if attachment is None or not self._forget(attachment_id, owner, attachment.sha256):
            raise UnknownAttachment("这个附件不存在，或者已经提交，不能删除。", place=attachment_id)

    def sweep(self, before: datetime) -> int:
        """Remove files uploaded before ``before`` that neither a case nor a draft holds; returns how many."""
        with self._database.reading() as connection:
            abandoned = connection.execute(_ABANDONED, {"before": before}).all()
        return sum(self._forget(*row) for row in abandoned)

    def _forget(self, attachment_id: str, owner: str, digest: str) -> bool:
        mine = (attachments.c.attachment_id == attachment_id, attachments.c.uploaded_by == owner, _LOOSE)
        with self._alone_with(digest):
            with self._database.writing() as connection:
                if connection.execute(delete(attachments).where(*mine)).rowcount != 1:
                    return False
                still_used = connection.execute(_USES, {"digest": digest}).first() is not None
            # after the commit: a crash in between leaves bytes without a row, never a row without bytes
            if not still_used:
                self._path(digest).unlink(missing_ok=True)
        return True

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest

    def _keep(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        if path.exists():
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
        _flush(path.parent)

    @contextmanager
    def _alone_with(self, digest: str) -> Iterator[None]:
        # nobody may drop the last use of a content while it is taken into use again: uploads and removals
        # of contents in one directory go one after another, in all processes
        directory = self._path(digest).parent
        if not directory.exists():
            directory.mkdir(parents=True, exist_ok=True)
            _flush(directory.parent)
        handle = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@contextmanager
def _answered() -> Iterator[None]:
    """Raise what the operating system refuses as the project's own errors."""
    try:
        yield
    except OSError as error:
        raise (StorageFull() if error.errno in _NO_ROOM else Unavailable()) from error


def _flush(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
