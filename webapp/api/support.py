"""What the resources share: who calls, Idempotency-Key, shapes."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import request

from engine.commands import IdempotencyKey
from engine.errors import InvalidValue, UnknownAttachment
from engine.records import CaseRecord
from processes.forms import Form
from webapp.identity import actor
from webapp.services import services

KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128},
    "description": "同一键、同一请求在 24 小时内只执行一次",
}


def idempotency_key() -> IdempotencyKey | None:
    """The request's Idempotency-Key with a fingerprint of the request; None when there is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 8 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
        raise InvalidValue("Idempotency-Key 应为 8 至 128 个可见字符。", place="Idempotency-Key")
    body = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data(cache=True))
    return IdempotencyKey(key=key, user_id=actor().user_id, request_hash=body.hexdigest())


def case_out(case: CaseRecord) -> dict[str, Any]:
    """A case as the interface shows it: no identity number, no phone."""
    shown = {name: getattr(case, name) for name in case.__slots__ if name not in {"applicant", "state"}}
    return shown | {"applicant_name": case.applicant.name}


def uploads_of(attachment_ids: list[str], owner: str) -> dict[str, str]:
    """Attachment id → the field or material it was uploaded for; UnknownAttachment when one is not the caller's."""
    found = {}
    for attachment_id in attachment_ids:
        attachment = services().files.get(attachment_id)
        if attachment is None or attachment.uploaded_by != owner or attachment.case_no is not None:
            raise UnknownAttachment(f"没有这个附件，或它已用于别的办件：{attachment_id}", place="attachments")
        found[attachment_id] = attachment.field
    return found


def application_form(definition_id: str) -> Form | None:
    """The form of the start event; None when the item asks for nothing of its own."""
    ref = services().definitions.get(definition_id).process.start_node.ext.form
    return services().packages.get(definition_id).forms[ref] if ref else None
