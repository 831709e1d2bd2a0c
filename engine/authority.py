"""Powers over cases that do not come from having a task: supervising, heading, administering.

A role held in an organisation reaches the cases of that organisation and of those below it.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.ports import Directory
from engine.records import Actor, group_of

SUPERVISOR_ROLE = "supervisor"
HEAD_ROLE = "approver"
ADMIN_ROLE = "admin"
#: the organisation of those who run the platform; it stands beside the tree and reaches every case
PLATFORM_ORG = "platform"


def upwards(org: str, directory: Directory) -> Iterator[str]:
    """Codes of an organisation and of those above it, nearest first; a circle is walked once."""
    seen: set[str] = set()
    code: str | None = org
    while code is not None and code not in seen:
        seen.add(code)
        yield code
        known = directory.organisation(code)
        code = known.parent if known else None


def supervises(actor: Actor, org: str, directory: Directory) -> bool:
    """True for whoever watches over the cases of ``org``."""
    return _holds(actor, SUPERVISOR_ROLE, org, directory)


def heads(actor: Actor, org: str, directory: Directory) -> bool:
    """True for whoever may stop and steer the cases of ``org``: its head, one above, an administrator."""
    return _holds(actor, HEAD_ROLE, org, directory) or administers(actor, org, directory)


def administers(actor: Actor, org: str, directory: Directory) -> bool:
    """True for the administrators of ``org``, of one above, and of the platform."""
    return actor.may_work(group_of(PLATFORM_ORG, ADMIN_ROLE)) or _holds(actor, ADMIN_ROLE, org, directory)


def _holds(actor: Actor, role: str, org: str, directory: Directory) -> bool:
    return any(actor.may_work(group_of(code, role)) for code in upwards(org, directory))
