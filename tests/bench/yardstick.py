"""The yardstick: SpiffWorkflow as it comes, on the same diagram, in memory and with its own JSON after every task.

Only this module of the measurements imports SpiffWorkflow; the platform does in ``engine.spiff`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer

from engine.extensions import BPMN
from tests.bench.figures import Figure, timed
from tests.bench.hall import FIVE_TASKS, Hall

_OUTCOMES = {"accept": "accepted", "written_review": "pass", "site_check": "pass", "decide": "granted"}
_TASKS = 5


def measure(hall: Hall, rounds: int) -> Iterator[Figure]:
    """Cases a second and the stored bytes of the stock engine."""
    diagram = hall.platform.services.packages.get(hall.definition(FIVE_TASKS).id).files["process.bpmn"]
    spec = _parse(diagram)
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    states: list[str] = []

    def stored(workflow: BpmnWorkflow) -> BpmnWorkflow:
        states.append(serializer.serialize_json(workflow))
        return serializer.deserialize_json(states[-1])

    for name, between in (("in memory", lambda workflow: workflow), ("its JSON after every task", stored)):
        samples = timed([lambda between=between: _play(spec, between)] * rounds)
        rates = tuple(1000 / sample for sample in samples)
        yield Figure(f"stock SpiffWorkflow, {name}: five-task cases", rates, unit="cases/s", more_is_better=True)
    yield Figure("stock SpiffWorkflow: state", tuple(float(len(state.encode())) for state in states), unit="bytes")


def _parse(diagram: bytes) -> Any:
    root = etree.fromstring(diagram)
    for timer in root.iter(f"{{{BPMN}}}timerEventDefinition"):
        # how long it runs stands in yc:limit, which the stock engine does not know
        etree.SubElement(timer, f"{{{BPMN}}}timeDuration").text = '"P5D"'
    for condition in root.iter(f"{{{BPMN}}}conditionExpression"):
        # its data are dictionaries, read as Python reads them
        condition.text = re.sub(r"(\w+)\.(\w+)", r'\1["\2"]', condition.text)
    parser = BpmnParser()
    parser.add_bpmn_xml(root)
    return parser.get_spec(FIVE_TASKS.replace("-", "_"))


def _play(spec: Any, between: Callable[[BpmnWorkflow], BpmnWorkflow]) -> None:
    """A case from start to end; ``between`` gives the workflow that goes on after each task."""
    workflow = BpmnWorkflow(spec)
    workflow.do_engine_steps()
    for _ in range(_TASKS):
        workflow = between(workflow)
        task = next(task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual)
        task.set_data(**{task.task_spec.name: {"outcome": _OUTCOMES.get(task.task_spec.name, "delivered")}})
        task.run()
        workflow.do_engine_steps()
    assert workflow.is_completed()
