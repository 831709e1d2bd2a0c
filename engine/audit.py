"""The chain that makes a case's history tamper-evident.

The hash of an entry is ``SHA-256(0x00 ‖ previous hash ‖ canonical JSON)``, the previous hash being 32 bytes, or none
for the first entry.  0x00 marks a leaf, so that entries can later become leaves of a Merkle tree (RFC 6962, section
2.1).  Canonical JSON has sorted keys, no blanks and times in UTC to the microsecond, so an entry read back from any
database gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.records import HistoryEntry

_LEAF = b"\x00"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: its sequence number and hash; ``Head()`` before the first."""

    seq: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A place at which a history is not what was written."""

    case_no: str
    #: sequence number at which it shows
    seq: int
    #: in words
    what: str


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no blanks; TypeError on what JSON cannot hold."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def moment(at: datetime) -> str:
    """A time in the one way that is hashed: ``2026-09-18T03:05:00.000000+00:00``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entry_hash(entry: HistoryEntry) -> str:
    """The hash that ``entry`` must carry, 64 hex digits; its own ``hash`` is not looked at."""
    return hashlib.sha256(_LEAF + bytes.fromhex(entry.prev_hash) + canonical(_content(entry))).hexdigest()


def link(head: Head, entry: HistoryEntry) -> HistoryEntry:
    """``entry`` as the next of the chain that ends in ``head``: numbered, linked and hashed."""
    entry = replace(entry, seq=head.seq + 1, prev_hash=head.hash)
    return replace(entry, hash=entry_hash(entry))


def verify(entries: Iterable[HistoryEntry], head: Head | None = None) -> tuple[Break, ...]:
    """Check one case's entries in order of ``seq``; empty when all is as written.

    ``head`` is what the case's row knows of the last entry; with it, entries cut off at the end show too.
    """
    breaks: list[Break] = []
    last, case_no = Head(), ""
    for entry in entries:
        case_no = entry.case_no
        if entry.seq != last.seq + 1:
            breaks.append(Break(case_no, entry.seq, f"序号不连续：{last.seq} 之后是 {entry.seq}"))
        elif entry.prev_hash != last.hash:
            breaks.append(Break(case_no, entry.seq, "与前一条记录不相连"))
        if not _holds(entry):
            breaks.append(Break(case_no, entry.seq, "内容与校验值不符"))
        last = Head(entry.seq, entry.hash)
    if head is not None and head != last:
        breaks.append(Break(case_no, head.seq, f"末条应为第 {head.seq} 条，实为第 {last.seq} 条"))
    return tuple(breaks)


def _holds(entry: HistoryEntry) -> bool:
    try:
        return entry_hash(entry) == entry.hash
    except (TypeError, ValueError):  # not hexadecimal, not JSON: written by somebody else
        return False


def _content(entry: HistoryEntry) -> Mapping[str, Any]:
    return {
        "case_no": entry.case_no,
        "seq": entry.seq,
        "at": moment(entry.at),
        "kind": entry.kind,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "org": entry.org,
        "node_id": entry.node_id,
        "task_id": entry.task_id,
        "facts": entry.facts,
    }
