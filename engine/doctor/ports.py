"""What the checker asks of the store.  Everything is read, nothing written, in pages of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.doctor.subject import CaseFile, Unreadable
from engine.views import Attachment


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """What is kept for an Idempotency-Key, and what of it exists."""

    key: str
    user_id: str
    #: the receipt's fields; None when none was stored with the key
    receipt: Mapping[str, Any] | None
    at: datetime | None
    #: the receipt's case exists, and whether that is concluded
    case_known: bool
    concluded: bool
    #: version of those of its tasks that exist, by id
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stray:
    """A row that belongs to a case which does not exist."""

    #: in words, such as 任务
    what: str
    case_no: str


class Records(Protocol):
    """Reads; what one page holds was stored at one and the same moment."""

    def case_files(self) -> Iterator[CaseFile | Unreadable]:
        """Every case, by number."""

    def case_file(self, case_no: str) -> CaseFile | Unreadable | None:
        """One case."""

    def strays(self) -> Sequence[Stray]:
        """Rows of cases that do not exist, each pair of table and number once."""

    def receipts(self) -> Iterator[KeptReceipt]:
        """Every key kept."""

    def attachments(self) -> Iterator[Attachment]:
        """Every uploaded file, by id; those that no case holds yet too."""


class Contents(Protocol):
    """Reads file contents (:class:`engine.views.Files` answers it)."""

    def get(self, attachment_id: str) -> Attachment | None: ...

    def content(self, attachment: Attachment) -> bytes:
        """The file's bytes; raises a Fault when they are gone or are not what was uploaded."""
