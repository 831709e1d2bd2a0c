"""A file question on a page of a citizen's application takes its file."""

from __future__ import annotations

from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

import run
from processes.demo import sample_pdf
from webapp.demo import DEMO_PASSWORD

ITEM = "wuhou-restaurant-bundle"


def token(page: str) -> str:
    """The page's token against forgery."""
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def post(browser: FlaskClient, where: str, page: str, **parts: object) -> TestResponse:
    boundary, data = encode_multipart({"csrf_token": token(page), **parts})
    return browser.post(where, data=data, content_type=f'multipart/form-data; boundary="{boundary}"')


def test_the_file_arrives_is_shown_again_and_answers_the_question(app: Flask, platform: run.Platform) -> None:
    browser = app.test_client()
    form = {"username": "company3", "password": DEMO_PASSWORD}
    assert post(browser, "/login", browser.get("/login").text, **form).status_code == 302
    start = post(browser, f"/apply/{ITEM}", browser.get(f"/apply/{ITEM}").text).location
    pages = {where: browser.get(where).text for where in (start.replace("/applicant", f"/s{n}") for n in range(1, 9))}
    ((where, page),) = [(where, page) for where, page in pages.items() if 'name="u.layout"' in page]
    assert 'enctype="multipart/form-data"' in page
    answer = post(browser, where, page, **{"u.layout": FileStorage(BytesIO(sample_pdf()), "布局.pdf")})
    assert answer.status_code == 422  # the other questions are still open
    assert "布局.pdf" in answer.text
    wrong = post(browser, where, page, **{"u.layout": FileStorage(BytesIO(b"MZ"), "布局.exe")})
    assert "只收" in wrong.text
    (file,) = platform.services.files.of_draft(where.split("/")[2])
    assert (file.filename, file.field) == ("布局.pdf", "layout")
