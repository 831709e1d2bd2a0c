"""The bytes that a case's process state is kept as.

``b"YC"``, one byte with the version of the format, four bytes of CRC-32 over the rest (big endian), then JSON::

    {"p": process id, "n": nodes entered, "x": complete, "d": routing data,
     "s": {instance: [own names, data]},
     "w": [[task that it runs in or null, [row, …]], …]}

    row = [id, index of its parent's row or -1, name of its spec, state, internal data]

A row is a task of the pruned tree, parents before children; ids are 32 hex digits.  The definition is not inside: the
bytes mean something only together with the definition that the case is pinned to.  The order of rows and of objects
counts (a database's own JSON type would not keep it, hence bytes).

Formats once written stay readable for ever: a new one gets a new version byte and a reader beside the old ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zlib import crc32

import orjson
from SpiffWorkflow import TaskState
from SpiffWorkflow.task import Task

from engine.errors import StateFault
from engine.spiff.workflow import CaseWorkflow, Scope, SubWorkflow

VERSION = 1
_MAGIC = b"YC"
_HEAD = 7
_STATES = frozenset(TaskState._values)


def dump(case: CaseWorkflow) -> bytes:
    """The state of a pruned case."""
    body = orjson.dumps(
        {
            "p": case.spec.name,
            "n": case.entered,
            "x": case.completed,
            "d": case.routing,
            "s": {task_id.hex: [scope.own, scope.data] for task_id, scope in case.scopes.items()},
            "w": [[_inside(workflow), _rows(workflow)] for workflow in case.workflows()],
        }
    )
    return _MAGIC + bytes([VERSION]) + crc32(body).to_bytes(4) + body


def load(state: bytes, spec: Any, subs: Mapping[str, Any]) -> CaseWorkflow:
    """The case that :func:`dump` stored, under the definition that it ran on.

    Raises :class:`StateFault` for bytes of another origin or version, damaged ones, and those of another definition.
    """
    if state[:2] != _MAGIC or len(state) <= _HEAD:
        raise StateFault("办件的流程状态不是本系统保存的格式。")
    if state[2] != VERSION:
        raise StateFault(f"办件的流程状态是第 {state[2]} 版格式，本系统不认识。")
    body = state[_HEAD:]
    if crc32(body) != int.from_bytes(state[3:_HEAD]):
        raise StateFault("办件的流程状态已损坏。")
    try:
        return _load_1(orjson.loads(body), spec, subs)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StateFault("办件的流程状态与流程定义不符。") from error


def _inside(workflow: Any) -> str | None:
    return None if workflow.parent_task_id is None else workflow.parent_task_id.hex


def _rows(workflow: Any) -> list[list[Any]]:
    index = {task_id: number for number, task_id in enumerate(workflow.tasks)}
    return [
        [task.id.hex, index.get(task._parent, -1), task.task_spec.name, task.state, task.internal_data]
        for task in workflow.tasks.values()
    ]


def _load_1(content: dict[str, Any], spec: Any, subs: Mapping[str, Any]) -> CaseWorkflow:
    if content["p"] != spec.name or content["w"][0][0] is not None:
        raise ValueError(content["p"])
    case = CaseWorkflow(spec, subs, deserializing=True)
    case.routing, case.entered, case.completed = dict(content["d"]), int(content["n"]), bool(content["x"])
    case.scopes = {UUID(hex=key): Scope(dict(own), dict(data)) for key, (own, data) in content["s"].items()}
    for inside, rows in content["w"]:
        workflow = case if inside is None else _sub_workflow(case, UUID(hex=inside))
        _load_rows(workflow, rows)
    return case


def _sub_workflow(case: CaseWorkflow, task_id: UUID) -> SubWorkflow:
    task = case.find(task_id)
    if task is None:
        raise ValueError(task_id)
    workflow = SubWorkflow(case.subprocess_specs[task.task_spec.spec], task_id, case, deserializing=True)
    case.subprocesses[task_id] = workflow
    workflow.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
    return workflow


def _load_rows(workflow: Any, rows: list[list[Any]]) -> None:
    tasks: list[Any] = []
    for key, parent, name, state, internal in rows:
        if state not in _STATES or not -1 <= parent < len(tasks) or (parent == -1) == bool(tasks):
            raise ValueError(key)
        above = tasks[parent] if parent >= 0 else None
        task = Task(workflow, workflow.spec.task_specs[name], above, state, UUID(hex=key))
        task.internal_data = dict(internal)
        tasks.append(task)
    workflow.task_tree = tasks[0]
