"""The whole platform, wired as ``run.py`` wires it, on both databases, under a clock moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

import run
from engine.clock import ManualClock
from tests.acceptance.callers import Caller
from tests.databases import ENGINES, NewDatabase

MONDAY = datetime(2026, 9, 14, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai


@pytest.fixture(scope="session", params=ENGINES)
def platform(
    request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[run.Platform]:
    """Everything in ``bpmn/`` published, the sample people known, no case yet."""
    with new_database(request.param) as url:
        settings = run.Settings(home=tmp_path_factory.mktemp("home"), database_url=url)
        built = run.build(settings, ManualClock(MONDAY))
        run.deploy_paths(built, [run.BPMN], by="测试", note="验收")
        run.load_people(built.services, run.BPMN)
        yield built
        built.database.close()


@pytest.fixture(scope="session")
def app(platform: run.Platform) -> Flask:
    """The web application over the platform."""
    return platform.app()


@pytest.fixture(scope="session")
def known_callers() -> dict[tuple[int, str], Caller]:
    return {}


@pytest.fixture
def call(app: Flask, platform: run.Platform, known_callers: dict[tuple[int, str], Caller]) -> Callable[[str], Caller]:
    """``call("ls_chen")``: the account with this name, calling the REST interface; it is Monday morning."""
    assert isinstance(platform.services.clock, ManualClock)
    platform.services.clock.set(MONDAY)

    def caller(username: str) -> Caller:
        key = (id(app), username)
        if key not in known_callers:
            known_callers[key] = Caller(app, platform, username)
        return known_callers[key]

    return caller
