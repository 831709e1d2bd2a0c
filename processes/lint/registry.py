"""The rules, and what a rule is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from processes.diagram import Diagram, Flow, Node
from processes.lint.subject import Subject


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; its severity is the configuration's."""

    message: str
    file: str
    line: int | None = None
    element: str | None = None


Check = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold.  ``title``, ``why`` and ``fix`` are shown to analysts and stand in ``docs/lint``."""

    name: str
    title: str
    why: str
    fix: str
    check: Check


def rule(name: str, *, title: str, why: str, fix: str) -> Callable[[Check], Rule]:
    """Make a rule of the function that checks it."""
    return lambda check: Rule(name, title, why, fix, check)


def at(diagram: Diagram, where: Node | Flow, message: str) -> Finding:
    """A finding at a node or flow."""
    return Finding(message, diagram.file, where.line, where.id)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule, by name: each module of :mod:`processes.lint.rules` defines one."""
    from processes.lint import rules as package

    found = []
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        found += [value for value in vars(loaded).values() if isinstance(value, Rule)]
    return tuple(sorted(found, key=lambda r: r.name))
