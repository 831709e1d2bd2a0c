"""A short run of every fault; the long ones are started by hand (``python -m tests.faults``, docs/reliability.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import NewDatabase
from tests.faults.crew import Place
from tests.faults.full import full
from tests.faults.kills import kills
from tests.faults.postgres import database as postgres_database
from tests.faults.postgres import server
from tests.faults.races import clerks, same_key
from tests.faults.restarts import restarts
from tests.faults.timers import timers


@pytest.fixture
def place(engine_name: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Place]:
    with new_database(engine_name) as url:
        yield Place(tmp_path, url)


def test_workers_killed_in_the_middle_of_a_completion(place: Place) -> None:
    result = kills(place, 8)
    assert not result.wrong
    assert result.counts["kills"] == 8
    assert result.counts["told, replayed"]


def test_four_clerks_on_one_task(place: Place) -> None:
    result = clerks(place, 5)
    assert not result.wrong
    assert result.counts["done"] == 5


def test_one_key_eight_ways_at_once(place: Place) -> None:
    result = same_key(place, 4)
    assert not result.wrong
    assert result.counts["replayed"] == 4 * 7


def test_timers_with_two_sweepers_and_kills(place: Place) -> None:
    result = timers(place, 60, deaths=2)
    assert not result.wrong
    assert result.counts["fired"] == 60


def test_a_full_disk(new_database: NewDatabase, tmp_path: Path) -> None:
    with new_database("sqlite") as url:
        result = full(Place(tmp_path, url), 5)
    assert not result.wrong
    assert sum(result.counts.values()) >= 5


def test_a_database_restarted_under_load(tmp_path: Path) -> None:
    with server() as running, postgres_database(running, "restarted") as url:
        result = restarts(Place(tmp_path, url), running, 1)
    assert not result.wrong
    assert result.counts["told"]
