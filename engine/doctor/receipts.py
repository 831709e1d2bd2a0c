"""Invariant 6, the receipts: what a client was told under its Idempotency-Key exists."""

from __future__ import annotations

from collections.abc import Iterator

from engine.doctor.ports import KeptReceipt
from engine.doctor.subject import Violation


def receipts(kept: KeptReceipt) -> Iterator[Violation]:
    """A receipt's case and tasks are there and no older than it; a key without a receipt is half an act."""
    place = f"Idempotency-Key“{kept.key}”（{kept.user_id}）"
    if kept.receipt is None or kept.at is None:
        yield Violation(6, f"{place}没有回执：这次操作只做了一半")
        return
    case_no = str(kept.receipt.get("case_no"))
    if not case_no:  # an act that belongs to no case
        return
    if not kept.case_known:
        yield Violation(6, f"{place}的回执所指的办件不在", case_no)
    task_id, version = kept.receipt.get("task_id"), kept.receipt.get("task_version")
    if task_id is not None and kept.versions.get(task_id, -1) < (version or 0):
        yield Violation(6, f"{place}的回执所指的环节不在，或比回执旧", case_no, task_id)
    for opened in kept.receipt.get("opened", ()):
        if opened not in kept.versions:
            yield Violation(6, f"{place}的回执所开出的环节不在", case_no, opened)
    if kept.case_known and kept.receipt.get("finished") and not kept.concluded:
        yield Violation(6, f"{place}的回执说已办结，办件却没有", case_no)
