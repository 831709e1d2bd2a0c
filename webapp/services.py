"""Everything the web layer is handed by ``run.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from flask import current_app

from engine.clock import Clock
from engine.colleagues import Colleagues
from engine.commands import Command, IdempotencyKey, Receipt
from engine.events import Event
from engine.handlers.returning import WayBack
from engine.ports import Definitions, Directory
from engine.records import Actor
from engine.repairs import Repairs
from engine.rulebook import CalendarBook
from engine.supervision import SupervisionQueries
from engine.views import (
    Accounts,
    CaseQueries,
    CatalogQueries,
    DefinitionStore,
    DraftStore,
    Files,
    Inbox,
    Incidents,
    Messages,
    VersionRow,
)
from processes.catalog import Packages


class Execute(Protocol):
    """Carry out a command: one transaction, one commit."""

    def __call__(self, command: Command, key: IdempotencyKey | None = None) -> Receipt: ...


class Recall(Protocol):
    """The receipt of an act already done under the key, None when there is none; IdempotencyConflict."""

    def __call__(self, key: IdempotencyKey) -> Receipt | None: ...


class Foresee(Protocol):
    """What a command would decide, without carrying it out."""

    def __call__(self, command: Command) -> Sequence[Event]: ...


class Publish(Protocol):
    """Lint and publish one package folder."""

    def __call__(self, key: str, folder: Path, *, by: str, note: str) -> VersionRow:
        """The version now in force; InvalidDefinition with every problem when it cannot be published."""


class WaysBack(Protocol):
    """The steps that the actor may send a task back to."""

    def __call__(self, actor: Actor, task_id: str) -> Sequence[WayBack]: ...


class Health(Protocol):
    def __call__(self) -> dict[str, str]:
        """``{check: "ok" | what is wrong}`` for the readiness probe."""


@dataclass(frozen=True, slots=True)
class Services:
    execute: Execute
    recall: Recall
    foresee: Foresee
    clock: Clock
    calendars: CalendarBook
    directory: Directory
    accounts: Accounts
    inbox: Inbox
    cases: CaseQueries
    supervision: SupervisionQueries
    catalog: CatalogQueries
    store: DefinitionStore
    definitions: Definitions
    packages: Packages
    drafts: DraftStore
    files: Files
    messages: Messages
    incidents: Incidents
    repairs: Repairs
    publish: Publish
    health: Health
    colleagues: Colleagues
    ways_back: WaysBack
    #: role code → name
    roles: Mapping[str, str] = field(default_factory=dict)


def services() -> Services:
    """The services of the running application."""
    return cast(Services, current_app.extensions["yichuang"])
