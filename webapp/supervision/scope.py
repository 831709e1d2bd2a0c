"""What a supervisor supervises: the organisations he holds the role in, and everything below them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.records import Actor, Organisation
from engine.settle.messages import SUPERVISOR_ROLE
from webapp.services import services


def posts(actor: Actor) -> frozenset[str]:
    """Codes of the organisations that the actor holds the role of a supervisor in."""
    held = (group.rpartition(":") for group in actor.groups)
    return frozenset(org for org, _, role in held if role == SUPERVISOR_ROLE)


def supervised_by(actor: Actor) -> frozenset[str]:
    """Codes of all organisations that the actor supervises; none for whoever is no supervisor."""
    roots = posts(actor)
    return subtree(roots, services().accounts.organisations()) if roots else frozenset()


def subtree(roots: frozenset[str], organisations: Sequence[Organisation]) -> frozenset[str]:
    """``roots`` and all organisations below them."""
    found = set(roots)
    waiting = set(roots)
    while waiting:
        waiting = {one.code for one in organisations if one.parent in waiting} - found
        found |= waiting
    return frozenset(found)
