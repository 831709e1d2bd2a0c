"""What the resources share: documented refusals, Idempotency-Key, shapes of cases and tasks, files handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, TypeVar

from flask import request

from engine.commands import Command, IdempotencyKey, Receipt
from engine.errors import InvalidValue
from engine.records import CaseRecord, TaskRecord
from engine.views import Attachment
from processes.forms import Form
from webapp.api.requests import Blueprint
from webapp.api.schemas import TaskOut
from webapp.config import MEGABYTE, web_config
from webapp.formatting import mask_name
from webapp.identity import actor
from webapp.services import services
from webapp.uploads import Slot

View = TypeVar("View", bound=Callable[..., Any])

KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128},
    "description": "同一键、同一请求在 24 小时内只执行一次",
}
#: how a changing request is let in: by token, or by session with the page's token against forgery
CHANGING = [{"bearer": []}, {"session": [], "csrf": []}]
#: how reading is
READING = [{"bearer": []}, {"session": []}]


def refuses(blueprint: Blueprint, *statuses: int) -> Callable[[View], View]:
    """Document the problems an operation answers with, and who may call it."""

    def documented(view: View) -> View:
        for status in (*statuses, 500):
            view = blueprint.alt_response(status, response=HTTPStatus(status).name)(view)
        if 401 in statuses:
            view = blueprint.doc(security=CHANGING if 415 in statuses else READING)(view)
        else:
            view = blueprint.doc(security=[])(view)
        return view

    return documented


def idempotency_key() -> IdempotencyKey | None:
    """The request's Idempotency-Key with a fingerprint of the request; None when there is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 8 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
        raise InvalidValue("Idempotency-Key 应为 8 至 128 个可见字符。", place="Idempotency-Key")
    body = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data(cache=True))
    return IdempotencyKey(key=key, user_id=actor().user_id, request_hash=body.hexdigest())


def once(command: Callable[[], Command]) -> Receipt:
    """Carry out what ``command`` makes of the request, under its Idempotency-Key.

    A repeated request is not judged again, for what it brought has been used; its first receipt comes back.
    """
    key = idempotency_key()
    known = services().recall(key) if key is not None else None
    return known or services().execute(command(), key)


def case_out(case: CaseRecord, *, full: bool) -> dict[str, Any]:
    """A case as the interface shows it: no identity number, no phone; the name masked unless ``full``."""
    shown = {name: getattr(case, name) for name in case.__slots__ if name not in {"applicant", "state"}}
    one = case.applicant
    return shown | {"applicant_name": one.name if full else mask_name(one.name, one.kind)}


def task_out(task: TaskRecord) -> dict[str, Any]:
    """A task as lists show it, the applicant's name masked."""
    shown = {name: getattr(task, name) for name in TaskOut().fields}
    return shown | {"applicant_name": mask_name(task.applicant_name)}


def application_form(definition_id: str) -> Form | None:
    """The form of the start event; None when the item asks for nothing of its own."""
    ref = services().definitions.get(definition_id).process.start_node.ext.form
    return services().packages.get(definition_id).forms[ref] if ref else None


def handed_in(attachment_ids: Sequence[str], slots: Sequence[Slot]) -> tuple[list[Attachment], dict[str, list[str]]]:
    """The files that a request names: each the caller's own, not used yet, and fit for one of ``slots``.

    With them messages for those that are not, by their place in the list.
    """
    places = {slot.id: slot for slot in slots}
    files: dict[str, Attachment] = {}
    wrong: dict[str, list[str]] = {}
    for number, attachment_id in enumerate(attachment_ids):
        file = services().files.get(attachment_id)
        if file is None or file.uploaded_by != actor().user_id or file.case_no is not None:
            wrong[f"attachments.{number}"] = ["没有这个附件，或它已用于别的办件"]
        elif not _fits(file, places.get(file.field)):
            wrong[f"attachments.{number}"] = [f"“{file.filename}”是为别处上传的，这里不收"]
        else:
            files[attachment_id] = file
    most = web_config().max_case_bytes
    if sum(file.size for file in files.values()) > most:
        wrong["attachments"] = [f"全部材料合计不能超过 {most // MEGABYTE} MB"]
    return list(files.values()), wrong


def _fits(file: Attachment, slot: Slot | None) -> bool:
    ending = PurePosixPath(file.filename).suffix.lower()
    return slot is not None and ending in slot.accept and file.size <= slot.max_mb * MEGABYTE


def under(path: str, errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Messages by field, named from the top of the body."""
    return {f"{path}.{key}": messages for key, messages in errors.items()}
