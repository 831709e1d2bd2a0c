"""What leaves the platform over HTTP, against a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

import run
from engine.delivery import NotSent, OnSite
from engine.errors import InvalidValue
from engine.records import MessageRecord
from webapp.gateway import HttpGateway, checked

MESSAGE = MessageRecord(
    "m" * 32,
    "450721-261014-0001",
    "applicant",
    "13907770001",
    "acceptance",
    {"item": "取水许可", "outcome": None},
    datetime(2026, 10, 14, 1, 30, tzinfo=UTC),
    "u-1",
)


class Post:
    """A message gateway that answers as the test says and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.answers: tuple[int, dict[str, str], bytes] = (200, {}, b"")
        post = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                post.got.append((self.path, dict(self.headers), json.loads(body)))
                status, headers, answer = post.answers
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    thread = threading.Thread(target=post.server.serve_forever, daemon=True)
    thread.start()
    yield post
    post.server.shutdown()
    thread.join()
    post.server.server_close()


def test_a_message_is_posted_as_template_and_facts(post: Post) -> None:
    HttpGateway(f"{post.url}/sms?app=yc", "s3cret").send(MESSAGE)
    ((path, headers, body),) = post.got
    assert path == "/sms?app=yc"
    assert headers["Idempotency-Key"] == MESSAGE.message_id
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Content-Type"] == "application/json"
    assert body == {
        "id": MESSAGE.message_id,
        "to": "applicant",
        "address": "13907770001",
        "template": "acceptance",
        "facts": {"item": "取水许可", "outcome": None},
        "text": "您申请的“取水许可”已受理，受理通知书可在办件页查看。",
        "case_no": MESSAGE.case_no,
        "created_at": "2026-10-14T01:30:00+00:00",
    }


def test_without_a_token_nothing_is_said_of_one(post: Post) -> None:
    HttpGateway(post.url).send(MESSAGE)
    assert "Authorization" not in post.got[0][1]


@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (422, True), (401, False), (404, False), (429, False), (500, False), (503, False)],
)
def test_an_answer_that_is_no_success_is_a_failure(post: Post, status: int, final: bool) -> None:
    post.answers = (status, {}, "余额不足".encode())
    with pytest.raises(NotSent, match=f"{status}：余额不足") as caught:
        HttpGateway(post.url).send(MESSAGE)
    assert caught.value.final is final


def test_a_redirect_is_not_followed(post: Post) -> None:
    post.answers = (302, {"Location": f"{post.url}/elsewhere"}, b"")
    with pytest.raises(NotSent, match="302"):
        HttpGateway(post.url).send(MESSAGE)
    assert [path for path, _, _ in post.got] == ["/"]


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotSent, match="连不上"):
            HttpGateway(f"http://127.0.0.1:{taken.getsockname()[1]}").send(MESSAGE)


def test_one_that_never_answers_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NotSent, match="TimeoutError"):
            HttpGateway(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05).send(MESSAGE)


def test_what_is_no_tls_is_not_spoken_to(post: Post) -> None:
    with pytest.raises(NotSent, match="连不上"):
        HttpGateway(post.url.replace("http:", "https:")).send(MESSAGE)
    assert HttpGateway("https://sms.example.gov.cn")._tls.check_hostname is True


@pytest.mark.parametrize(
    "url",
    ["", "sms", "ftp://a", "http://", "http://u:p@a", "http://a:x", "http://a#b", "file:///etc/passwd", "http://["],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match="消息网关地址"):
        checked(url)


def test_production_speaks_tls_only() -> None:
    with pytest.raises(InvalidValue):
        checked("http://sms.example.gov.cn", tls_only=True)
    assert checked("http://127.0.0.1:9000/sms", tls_only=True).port == 9000
    assert checked("https://sms.example.gov.cn/v1", tls_only=True).path == "/v1"


def test_the_settings_choose_the_sender_and_hide_the_token() -> None:
    assert isinstance(run.Settings().sender, OnSite)
    settings = run.Settings(message_url="https://sms.example.gov.cn", message_token="s3cret")
    assert isinstance(settings.sender, HttpGateway)
    assert "s3cret" not in repr(settings)
    environ = {"YICHUANG_MESSAGE_URL": "http://sms.example.gov.cn"}
    assert run.Settings.read(environ).message_url == "http://sms.example.gov.cn"
    with pytest.raises(InvalidValue):
        run.Settings.read(environ | {"YICHUANG_ENVIRONMENT": "production", "YICHUANG_SECRET_KEY": "k" * 32})
