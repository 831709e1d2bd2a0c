"""Invariant 6, the files: every attachment has its bytes, with the SHA-256 and the size that were recorded."""

from __future__ import annotations

from collections.abc import Iterator

from engine.doctor.ports import Contents
from engine.doctor.subject import Violation
from engine.errors import Fault
from engine.views import Attachment


def contents(attachment: Attachment, files: Contents) -> Iterator[Violation]:
    """Read the file; one that its owner removed meanwhile is no violation."""
    try:
        size = len(files.content(attachment))
    except Fault:
        if files.get(attachment.attachment_id) is not None:
            yield _violation(attachment, "的内容丢失或被改动")
        return
    if size != attachment.size:
        yield _violation(attachment, f"记录为 {attachment.size} 字节，实为 {size} 字节")


def _violation(attachment: Attachment, what: str) -> Violation:
    name = f"附件“{attachment.filename}”（{attachment.attachment_id}）"
    return Violation(6, f"{name}{what}", attachment.case_no, attachment.task_id)
