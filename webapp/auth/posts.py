"""What a staff member's groups mean in words."""

from __future__ import annotations

from engine.views import User
from webapp.casework import org_name
from webapp.services import services


def posts_of(user: User) -> list[str]:
    """The roles held, by name; with the organisation's name where it is not the holder's own."""
    held = []
    for org, _, role in sorted(group.rpartition(":") for group in user.groups):
        name = services().roles.get(role, role)
        held.append(name if org == user.org else f"{org_name(org)}{name}")
    return held
