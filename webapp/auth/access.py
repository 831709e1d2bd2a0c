"""Who may call which address: one table, closed by default.

Every endpoint stands here, by its own name or by its blueprint's (``work.*``); one that stands nowhere is refused to
everybody, so that a forgotten line shows at once instead of opening a page.  This is the outer door.  Whether a
particular case or task is the caller's business is decided where it is read, and by the engine when it is acted on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.views import User


@dataclass(frozen=True, slots=True)
class Rule:
    """Who passes."""

    name: str
    passes: Callable[[User | None], bool]


def roles_of(user: User) -> frozenset[str]:
    """Role codes that the account holds, in whatever organisation."""
    return frozenset(group.rpartition(":")[2] for group in user.groups)


def _is_staff(user: User | None) -> bool:
    return user is not None and user.kind == "staff"


def staff_with(*roles: str) -> Rule:
    """Staff members who hold one of ``roles``."""
    held = frozenset(roles)
    return Rule(
        "staff:" + ",".join(roles),
        lambda user: user is not None and _is_staff(user) and bool(roles_of(user) & held),
    )


PUBLIC = Rule("public", lambda user: True)
SIGNED_IN = Rule("signed-in", lambda user: user is not None)
STAFF = Rule("staff", _is_staff)

RULES: Mapping[str, Rule] = {
    "static": PUBLIC,
    # the portal's pages ask for a citizen's account, or for a proved case, where they need one
    "portal.*": PUBLIC,
    "auth.login": PUBLIC,
    "auth.login_post": PUBLIC,
    "auth.register": PUBLIC,
    "auth.register_post": PUBLIC,
    "auth.logout": PUBLIC,
    "auth.me": SIGNED_IN,
    "auth.me_post": SIGNED_IN,
    "work.*": STAFF,
    "supervision.*": staff_with("supervisor"),
    # those responsible see the cards of their own organisations, and explain them
    "supervision.warnings": STAFF,
    "supervision.warnings_csv": STAFF,
    "supervision.warning": STAFF,
    "supervision.explain": STAFF,
    "api_supervision.*": STAFF,
    "admin.*": STAFF,
    "admin.organisations": staff_with("admin"),
    "admin.users": staff_with("admin", "security_admin"),
    "admin.incidents": staff_with("admin"),
    "admin.incident": staff_with("admin"),
    "admin.retry_incident": staff_with("admin"),
    "admin.ask_again": staff_with("admin"),
    "admin.settle_incident": staff_with("admin"),
    "admin.terminate_case": staff_with("admin"),
    "admin.calendars": staff_with("admin"),
    "admin.calendar_days": staff_with("admin"),
    "admin.calendar_clear": staff_with("admin"),
    "admin.calendar_hours": staff_with("admin"),
    "admin.calendar_import": staff_with("admin"),
    "probes.*": PUBLIC,
    # the interface refuses once more per resource, with a problem document
    "api-docs.*": PUBLIC,
    "api_items.*": PUBLIC,
    "api_cases.*": SIGNED_IN,
    "api_tasks.*": SIGNED_IN,
    "api_operations.*": SIGNED_IN,
    "api_operations.Bulk": STAFF,
    "api_operations.HandOver": staff_with("admin"),
    "api_steering.*": SIGNED_IN,
    "api_files.*": SIGNED_IN,
    "api_definitions.*": STAFF,
    "api_definitions.Publish": staff_with("admin"),
}


def rule_for(endpoint: str) -> Rule | None:
    """The rule of an endpoint, None when none is declared."""
    blueprint, _, _ = endpoint.rpartition(".")
    return RULES.get(endpoint) or RULES.get(f"{blueprint}.*")
