"""Definitions in force, their versions, and the diagram of each version with its steps in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import render_template, request

from engine.assignment import APPLICANT_ROLE
from engine.elements import Assign, Limit
from engine.errors import UnknownDefinition
from engine.process import Node
from engine.settle.limits import drawn_limit
from engine.views import ItemRow, VersionRow
from webapp.admin import admin
from webapp.services import services


@dataclass(frozen=True, slots=True)
class Line:
    """One definition: its versions newest first."""

    key: str
    name: str
    versions: Sequence[VersionRow]
    #: the catalog's line of the version in force
    item: ItemRow | None

    @property
    def current(self) -> VersionRow | None:
        return next((version for version in self.versions if version.in_force), None)

    @property
    def running(self) -> int:
        """Unfinished cases under any version."""
        return sum(version.running_cases for version in self.versions)


@dataclass(frozen=True, slots=True)
class Step:
    """A user task of a diagram, in words beside the drawing."""

    name: str
    role: str
    limit: Limit | None
    #: the limit is that of the activity around it
    shared: bool
    clock: str
    outcomes: tuple[str, ...]


@admin.get("/definitions")
def definitions() -> str:
    text = request.args.get("q", "").strip()[:100]
    lines = [line for line in _lines() if text in line.name or text in line.key]
    chosen = next((line for line in lines if line.key == request.args.get("key")), lines[0] if lines else None)
    return render_template("admin/definitions.html", lines=lines, chosen=chosen, text=text)


@admin.get("/definitions/<definition_id>")
def definition(definition_id: str) -> str:
    """One version: its diagram, and the steps in words."""
    found = services().definitions.get(definition_id)
    version = next((v for v in services().catalog.versions(found.item.key) if v.definition_id == definition_id), None)
    if version is None:
        raise UnknownDefinition
    nodes = found.process.nodes
    steps = [_step(node, nodes) for node in nodes.values() if node.type == "userTask"]
    return render_template("admin/definition.html", definition=found, version=version, steps=steps)


def _lines() -> list[Line]:
    items = {row.key: row for row in services().catalog.items()}
    rows = sorted(services().catalog.versions(), key=lambda row: (row.item_name, row.key, -row.version))
    return [
        Line(key, versions[0].item_name, versions, items.get(key))
        for key, group in groupby(rows, key=lambda row: row.key)
        if (versions := list(group))
    ]


def _step(node: Node, nodes: Mapping[str, Node]) -> Step:
    ext = node.ext
    return Step(
        name=node.name,
        role=_role(ext.assign) if ext.assign else "",
        limit=drawn_limit(node, nodes),
        shared=ext.limit is None,
        clock=str(ext.clock.mode) if ext.clock else "counts",
        outcomes=tuple(outcome.name for outcome in ext.outcomes),
    )


def _role(assign: Assign) -> str:
    return "申请人" if assign.role == APPLICANT_ROLE else services().roles.get(assign.role, assign.role)
