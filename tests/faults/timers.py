"""Timers with two sweepers that are killed over and over: none lost, none doubled; the same for cards."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from engine.doctor import line
from storage.tables import history, warnings
from storage.tables import timers as timers_table
from tests.faults.crew import CONTEXT, Place, sweep_for_ever
from tests.faults.result import Result
from tests.faults.site import MONDAY, Site
from tests.unit.processes.small_packages import main_with, write

ITEM = "town-shop-permit"
#: timers that run side by side in one case, so that sweepers meet at its lock
BESIDE = 10
LATER = MONDAY + timedelta(days=30)
SWEEPERS = 2


def timers(place: Place, count: int, deaths: int, seed: int = 1) -> Result:
    """``count`` timers, all due at once, fired by two sweepers of which ``deaths`` are killed on the way."""
    random, wrong = Random(seed), list[str]()
    site = Site.found(place.home, place.url, drawn(place.home / "bpmn"), ITEM)
    cases = -(-count // BESIDE)
    for task_id in site.submit(cases):
        site.execute(site.completion(site.task(task_id)))
    if _left(site) != cases * BESIDE:
        wrong.append(f"{_left(site)} timers were set instead of {cases * BESIDE}")
    _sweep(site, place, deaths, random)
    fired, twice = _fired(site)
    if fired != cases * BESIDE or twice:
        wrong.append(f"{cases * BESIDE - fired} timers lost, {twice} doubled")
    with site.platform.database.reading() as connection:
        cards = connection.scalar(select(func.count()).select_from(warnings))
    if cards != cases:
        wrong.append(f"{cards} cards raised for {cases} late cases")
    wrong += [line(one) for one in site.violations()]
    site.close()
    counts = {"timers": cases * BESIDE, "kills": deaths, "fired": fired, "doubled": twice, "cards": cards or 0}
    return Result("timers, two sweepers", counts, wrong)


def _sweep(site: Site, place: Place, deaths: int, random: Random) -> None:
    """Let sweepers work until nothing is due; kill one of them every so many timers."""
    crew, total = [_sweeper(place) for _ in range(SWEEPERS)], _left(site)
    for number in range(deaths):
        _wait_until_left(site, total * (1 - (number + random.random()) / deaths))
        _end(crew.pop(random.randrange(SWEEPERS)))
        crew.append(_sweeper(place))
    _wait_until_left(site, 0)
    # one more sweep while the others still work: cards are raised after timers
    site.clock.set(LATER)
    site.platform.sweeper.sweep()
    for worker in crew:
        _end(worker)


def _wait_until_left(site: Site, number: float) -> None:
    while _left(site) > number:
        time.sleep(0.005)


def _sweeper(place: Place) -> Any:
    worker = CONTEXT.Process(target=sweep_for_ever, args=(place, LATER))
    worker.start()
    return worker


def _end(worker: Any) -> None:
    worker.kill()
    worker.join()


def _left(site: Site) -> int:
    with site.platform.database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(timers_table)) or 0)


def _fired(site: Site) -> tuple[int, int]:
    """Timers that fired, and those that did so more than once; each case passes each of them once."""
    each = (
        select(func.count().label("times"))
        .where(history.c.kind == "timer_fired")
        .group_by(history.c.case_no, history.c.node_id)
        .subquery()
    )
    with site.platform.database.reading() as connection:
        times = connection.scalars(select(each.c.times)).all()
    return len(times), sum(one > 1 for one in times)


def drawn(root: Path) -> Path:
    """A small sound package in which :data:`BESIDE` timers run side by side after acceptance; its folder."""
    nodes = "".join(
        f'<bpmn:intermediateCatchEvent id="t{n}" name="等待{n}"><bpmn:extensionElements><yc:limit value="{n + 1}"'
        f' unit="hour"/></bpmn:extensionElements><bpmn:timerEventDefinition/></bpmn:intermediateCatchEvent>\n'
        for n in range(BESIDE)
    )
    flows = "".join(
        f'<bpmn:sequenceFlow id="a{n}" sourceRef="split" targetRef="t{n}"/>\n'
        f'<bpmn:sequenceFlow id="b{n}" sourceRef="t{n}" targetRef="join"/>\n'
        for n in range(BESIDE)
    )
    gateways = '<bpmn:parallelGateway id="split" name="分"/>\n<bpmn:parallelGateway id="join" name="合"/>\n'
    old = '<bpmn:sequenceFlow id="f5" sourceRef="accepted" targetRef="large"/>'
    ends = old.replace('"large"', '"split"') + '\n<bpmn:sequenceFlow id="f5b" sourceRef="join" targetRef="large"/>\n'
    # none goes to the inspection, which stops the case's clock
    never = ('apply.area &gt; 100 or apply.kind == "food"', "apply.area &gt; 1000000")
    return write(root, main_with((old, gateways + nodes + ends + flows), never)) / "town" / "shop-permit"
