"""Callers of the REST interface: an account with a token, and what it needs to say."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

import run
from processes.demo import read_applicants, sample_pdf
from processes.forms import FieldType
from processes.simulate import sample_value
from storage.tables import cases, metadata, tasks
from webapp.auth.session import token_hash

API = "/api/v1"
ENERGY = "lingshan-energy-review"
#: who works the energy review, and the applicant
WINDOW, REVIEWER, APPROVER, COMPANY = "ls_chen", "ls_lin", "ls_wei", "company1"


class Caller:
    """One account calling with its token."""

    def __init__(self, app: Flask, platform: run.Platform, username: str) -> None:
        self.client, self.platform, self.username = app.test_client(use_cookies=False), platform, username
        token = secrets.token_urlsafe(16)
        accounts = platform.services.accounts
        accounts.add_token(username, token_hash(token), "测试", platform.services.clock.now())
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(API + path, query_string=query, headers=self.headers)

    def post(self, path: str, body: Any = None, key: str | None = None, **headers: str) -> TestResponse:
        extra = {"Idempotency-Key": key} if key else {}
        data = None if body is None else json.dumps(body)
        kind = None if body is None else "application/json"
        return self.client.post(API + path, data=data, content_type=kind, headers={**self.headers, **extra, **headers})

    def upload(self, content: bytes | None = None, filename: str = "申请书.pdf", **parts: Any) -> TestResponse:
        file = FileStorage(BytesIO(sample_pdf() if content is None else content), filename)
        boundary, data = encode_multipart({**parts, "file": file})
        return self.client.post(
            API + "/files",
            data=data,
            content_type=f'multipart/form-data; boundary="{boundary}"',
            headers=self.headers,
        )

    def hand_in(self, **parts: Any) -> str:
        """Upload a sample file; its id."""
        answer = self.upload(**parts)
        assert answer.status_code == 201, answer.text
        return str(answer.json["attachment_id"])


def problem(answer: TestResponse, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem document of an answer that must be one: in Chinese, with a place to look at."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.json
    assert body["status"] == status
    assert body["type"] == f"urn:yichuang:problem:{body['code']}"
    assert body["instance"].startswith("/api/v1/")
    assert any("\u4e00" <= char <= "\u9fff" for char in body["title"] + body["detail"])
    if code is not None:
        assert body["code"] == code, body
    return body


@contextmanager
def nothing_stored(platform: run.Platform) -> Iterator[None]:
    """No row is added, removed or given a new version, and no file is left."""
    before = _stored(platform)
    yield
    assert _stored(platform) == before


def _stored(platform: run.Platform) -> dict[str, int | None]:
    # tokens are the callers' own
    counted = [table for table in metadata.sorted_tables if table.name != "tokens"]
    with platform.database.reading() as connection:
        rows = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in counted}
        for table in (tasks, cases):
            rows[f"{table.name}.version"] = connection.scalar(select(func.sum(table.c.version)))
    files = platform.settings.home / "files"
    return {**rows, "files": sum(1 for path in files.rglob("*") if path.is_file())}


def answers(platform: run.Platform, definition_id: str, ref: str | None, on: date) -> dict[str, Any]:
    """What the samples of a form say, files left out: the interface fills those in from the attachments."""
    form = platform.services.packages.get(definition_id).forms[ref] if ref else None
    values: dict[str, Any] = {}
    for question in form.fields if form else ():
        asked = question.show_if is None or question.show_if.holds(values)
        kind_is_file = question.type in (FieldType.FILE, FieldType.UPLOADS, FieldType.MATERIALS)
        if asked and not kind_is_file and (value := sample_value(question, on)) is not None:
            values[question.key] = value
    return values


def applicant(username: str = COMPANY) -> dict[str, Any]:
    """The particulars of a sample applicant, as the interface wants them."""
    one = next(sample for sample in read_applicants(run.BPMN) if sample.username == username)
    given: Mapping[str, Any] = {
        "kind": one.kind,
        "name": one.name,
        "id_number": one.id_number,
        "phone": one.phone,
        "agent_name": one.agent,
    }
    return {key: value for key, value in given.items() if value is not None}


def application(caller: Caller, item: str = ENERGY) -> dict[str, Any]:
    """A complete application, its files uploaded."""
    platform = caller.platform
    definition = platform.services.definitions.current(item)
    package = platform.services.packages.get(definition.id)
    ref = definition.process.start_node.ext.form
    return {
        "item": item,
        "applicant": applicant(caller.username),
        "form": answers(platform, definition.id, ref, platform.services.clock.now().date()),
        "attachments": [
            caller.hand_in(item=item, field=material.id, filename=f"{material.id}.pdf")
            for material in package.item.materials or ()
            if material.upload and ".pdf" in material.upload.accept
        ],
    }


def apply(caller: Caller, item: str = ENERGY) -> str:
    """Hand in an application; the case number."""
    answer = caller.post("/cases", application(caller, item))
    assert answer.status_code == 201, answer.text
    return str(answer.json["case_no"])


def waiting(caller: Caller, case_no: str) -> dict[str, Any]:
    """The one task of the case that waits."""
    (task,) = caller.get(f"/cases/{case_no}").json["tasks"]
    return dict(task)
