"""Every kind of page on the demonstration data, signed in as whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import run
from engine.views import CaseQuery, DueBounds, InboxQuery
from tests.bench.figures import Figure, timed
from tests.bench.hall import LOOP as ITEM
from tests.bench.hall import Hall
from tests.bench.site import Client, served
from webapp.demo import DEMO_PASSWORD

BOUND = 100.0
#: cases of the demonstration
CASES = 5


def measure(home: Path, times: int) -> Iterator[Figure]:
    """The time of each page asked for so many times, over the demonstration data."""
    home = home / "pages"
    platform = run.build(run.Settings(home=home))
    run.load_demo(platform, CASES)
    Hall(platform).submit(ITEM)
    platform.database.close()
    with served(home) as site:
        for who, paths in (("", _public()), ("ls_chen", _clerk(home, "ls_chen")), ("company1", _citizen(home))):
            client = Client(site.port)
            if who:
                _sign_in(client, who)
            for path in paths:
                _get(client, path)()
                yield Figure(f"GET {_label(path)}", timed([_get(client, path)] * times), BOUND)


def _public() -> list[str]:
    return ["/", "/items", f"/items/{ITEM}", f"/items/{ITEM}/notice", "/track", "/login"]


def _clerk(home: Path, username: str) -> list[str]:
    platform = run.build(run.Settings(home=home))
    user = platform.services.accounts.by_username(username)
    assert user is not None
    now = platform.services.clock.now()
    query = InboxQuery(user.user_id, user.groups)
    task = platform.services.inbox.page(query, DueBounds(now, now, now)).rows[0]
    paths = ["/work/", "/work/cases", f"/work/tasks/{task.task_id}", f"/work/cases/{task.case_no}"]
    platform.database.close()
    return paths


def _citizen(home: Path) -> list[str]:
    platform = run.build(run.Settings(home=home))
    case = platform.services.cases.page(CaseQuery(applicant_user_id="company1")).rows[0]
    platform.database.close()
    return ["/my", f"/cases/{case.case_no}", f"/apply/{ITEM}"]


def _sign_in(client: Client, username: str) -> None:
    _, page = client.get("/login")
    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    body = urlencode({"csrf_token": token[1].decode(), "username": username, "password": DEMO_PASSWORD})
    status, _ = client.post_form("/login", body)
    assert status in (302, 303), status


def _get(client: Client, path: str) -> Callable[[], None]:
    def get() -> None:
        status, _ = client.get(path)
        assert status == 200, (path, status)

    return get


def _label(path: str) -> str:
    return re.sub(r"/\d{6}-\d{6}-\d+", "/{case_no}", re.sub(r"/[0-9a-f]{32}", "/{task_id}", path))
