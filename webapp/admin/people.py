"""Organisations and accounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import render_template, request

from engine.records import Organisation
from webapp.admin import admin
from webapp.auth.posts import posts_of
from webapp.services import services

#: level of an organisation, in words
LEVELS = {"province": "省", "city": "市", "county": "县", "town": "乡镇街道", "village": "村社区", "section": "股室"}


@dataclass(frozen=True, slots=True)
class Branch:
    """An organisation with its depth in the tree and the number of its people."""

    organisation: Organisation
    depth: int
    people: int


@admin.get("/organisations")
def organisations() -> str:
    people = Counter(user.org for user in services().accounts.staff() if user.org)
    tree = list(_tree(services().accounts.organisations(), people))
    return render_template("admin/organisations.html", tree=tree, levels=LEVELS)


@admin.get("/users")
def users() -> str:
    """Staff accounts; those of citizens are nobody's to browse."""
    names = {o.code: o.name for o in services().accounts.organisations()}
    chosen, text = request.args.get("org") or None, request.args.get("q", "").strip()[:100]
    rows = [
        user
        for user in services().accounts.staff()
        if (chosen is None or user.org == chosen) and (text in user.name or text in user.username)
    ]
    return render_template("admin/users.html", users=rows, names=names, chosen=chosen, text=text, posts=posts_of)


def _tree(all_: Sequence[Organisation], people: Mapping[str, int]) -> Iterator[Branch]:
    """Depth first, by code; one whose parent is not known stands at the top."""
    known = {organisation.code for organisation in all_}
    below: dict[str | None, list[Organisation]] = defaultdict(list)
    for organisation in sorted(all_, key=lambda o: o.code):
        below[organisation.parent if organisation.parent in known else None].append(organisation)
    waiting = [(organisation, 0) for organisation in reversed(below[None])]
    while waiting:
        organisation, depth = waiting.pop()
        yield Branch(organisation, depth, people.get(organisation.code, 0))
        waiting += [(child, depth + 1) for child in reversed(below[organisation.code])]
