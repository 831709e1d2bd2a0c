"""Well-structured processes as trees of blocks: what a walk is about, apart from how BPMN writes it down."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Block:
    """A part of a process with one way in and one way out; ``id`` is unique and prefixes what is drawn for it."""

    id: str


@dataclass(frozen=True)
class Task(Block):
    """A person's task."""


@dataclass(frozen=True)
class Catch(Block):
    """A wait for a ``timer`` or a ``message``."""

    kind: str


@dataclass(frozen=True)
class Sequence(Block):
    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Exclusive(Block):
    """A task, then the way that its outcome (``w0`` …) names, the last one by default."""

    ways: tuple[Block, ...]


@dataclass(frozen=True)
class Inclusive(Block):
    """A task, then every way of which its outcome (``w0w2``) names the number, the last one by default."""

    ways: tuple[Block, ...]


@dataclass(frozen=True)
class Parallel(Block):
    ways: tuple[Block, ...]


@dataclass(frozen=True)
class Loop(Block):
    """A body, then a task; back to the body as long as it says ``back``."""

    body: Block


@dataclass(frozen=True)
class Choice(Block):
    """An event-based gateway."""

    ways: tuple[tuple[Catch, Block], ...]


@dataclass(frozen=True)
class Says(Block):
    """A task whose outcome ``say`` does something: ``stop`` terminates the level, ``fail`` throws an error, ``tell`` an
    escalation, ``call`` a signal; then, save after stop and fail, on."""

    what: str
    key: str = ""


@dataclass(frozen=True)
class Scope(Block):
    """A sub-process or, when ``called``, a called process."""

    body: Block
    called: bool = False


@dataclass(frozen=True)
class Many(Block):
    """A multi-instance of a task or a scope; over when ``enough`` instances are done."""

    body: Task | Scope
    number: int
    sequential: bool
    enough: int


@dataclass(frozen=True)
class Edge:
    """A boundary event: ``timer``, ``message``, ``signal``, ``error`` or ``escalation``."""

    id: str
    kind: str
    interrupts: bool
    handler: Block
    key: str = ""


@dataclass(frozen=True)
class Guarded(Block):
    """An activity with boundary events."""

    body: Task | Scope | Many
    edges: tuple[Edge, ...] = field(default=())
