"""Who handles items here: organisations, roles, sample people (``bpmn/roles.yaml``, ``<agency>/agency.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.elements import Assign
from engine.errors import InvalidDefinition
from engine.records import Organisation, group_of
from processes.problems import Problem, Severity
from processes.reading import Reading, Table, open_table

ROLES_FILE = "roles.yaml"
AGENCY_FILE = "agency.yaml"
LEVELS = frozenset({"province", "city", "county", "town", "village", "section"})

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,39}")
_REGION = re.compile(r"[0-9]{6}")
USERNAME = re.compile(r"[a-z][a-z0-9_.-]{1,39}")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Person:
    """A sample account for the demo."""

    username: str
    name: str
    #: code of the organisation the person belongs to
    org: str
    #: every ``org:role`` held
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Agency:
    """What one ``agency.yaml`` tells."""

    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Agencies:
    """All organisations, roles and people below one ``bpmn`` folder."""

    #: role code → name
    roles: Mapping[str, str] = field(default_factory=dict)
    #: by code
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    people: tuple[Person, ...] = ()

    def words(self, assign: Assign, owner: str) -> str:
        """Who an assignment means; see :func:`assignment_words`."""
        return assignment_words(assign, owner, self.organisations.get, self.roles)


def assignment_words(
    assign: Assign,
    owner: str,
    organisation: Callable[[str], Organisation | None],
    roles: Mapping[str, str],
) -> str:
    """Who an assignment means, such as 灵山县行政审批局综合窗口; ``owner`` is the code of the item's organisation."""
    if assign.role == "applicant":
        return "申请人"
    role = roles.get(assign.role, assign.role)
    here = organisation(owner)
    if assign.org == "parent":
        found = organisation(here.parent) if here and here.parent else None
    elif assign.org in ("owner", "lead"):
        found = here
    else:
        found = None if assign.org.startswith("=") else organisation(assign.org)
    return f"{found.name}{role}" if found else role


def read_roles(content: bytes, name: str = ROLES_FILE) -> dict[str, str]:
    """Role code → Chinese name; InvalidDefinition naming every mistake."""
    reading = Reading(name, "roles")
    table = open_table(content, reading, None)
    roles = {}
    for code in table:
        if _ROLE.fullmatch(code) and code != "applicant":
            roles[code] = table.text(code, limit=40)
        else:
            table.report(code, f"“{code}”不能作角色代码")
    reading.refuse()
    return roles


def read_agency(content: bytes, name: str = AGENCY_FILE) -> Agency:
    """Organisations and people of one agency's tree; InvalidDefinition naming every mistake."""
    reading = Reading(name, "agency")
    top = open_table(content, reading, frozenset({"organisations", "people"}))
    rows = top.tables("organisations", frozenset({"code", "name", "parent", "level", "region", "doc_word"}))
    top.require("organisations")
    organisations = tuple(_organisation(row) for row in rows or ())
    people = top.tables("people", frozenset({"username", "name", "org", "roles"})) or ()
    agency = Agency(organisations, tuple(_person(row) for row in people))
    reading.refuse()
    return agency


def _organisation(row: Table) -> Organisation:
    row.require("parent")
    code, region = row.text("code"), row.text("region")
    if code and not _CODE.fullmatch(code):
        row.report("code", "机构代码只能含字母、数字和连字符")
    if region and not _REGION.fullmatch(region):
        row.report("region", "行政区划应为6位数字")
    return Organisation(
        code=code,
        name=row.text("name", limit=100),
        parent=row.text_or_none("parent"),
        level=row.choice("level", LEVELS),
        region=region,
        doc_word=row.text_or_none("doc_word", limit=10),
    )


def _person(row: Table) -> Person:
    username, org = row.text("username"), row.text("org")
    if username and not USERNAME.fullmatch(username):
        row.report("username", "账号应以小写字母开头，只含小写字母、数字、点、下划线和连字符")
    held = row.texts("roles") or ()
    groups = set()
    for role in held:
        code, _, elsewhere = role.partition("@")
        if not _ROLE.fullmatch(code):
            row.report("roles", f"“{role}”不是角色；应如 window 或 window@机构代码")
        groups.add(group_of(elsewhere or org, code))
    return Person(username, row.text("name", limit=60), org, frozenset(groups))


def read_agencies(root: Path) -> tuple[Agencies, list[Problem]]:
    """Everything told below the ``bpmn`` folder ``root``, and what is wrong with it."""
    problems: list[Problem] = []
    roles: dict[str, str] = {}
    organisations: dict[str, Organisation] = {}
    people: dict[str, Person] = {}
    files: dict[str, str] = {}
    try:
        roles = read_roles((root / ROLES_FILE).read_bytes())
    except InvalidDefinition as error:
        problems += error.problems
    except OSError:
        problems.append(_problem(ROLES_FILE, "缺少这个文件"))
    for path in sorted(root.glob(f"*/{AGENCY_FILE}")):
        name = path.relative_to(root).as_posix()
        try:
            agency = read_agency(path.read_bytes(), name)
        except InvalidDefinition as error:
            problems += error.problems
            continue
        problems += [_problem(name, f"机构“{o.code}”重复") for o in agency.organisations if o.code in organisations]
        problems += [_problem(name, f"账号“{p.username}”重复") for p in agency.people if p.username in people]
        files.update(dict.fromkeys([o.code for o in agency.organisations], name))
        files.update(dict.fromkeys([p.username for p in agency.people], name))
        organisations.update({o.code: o for o in agency.organisations})
        people.update({p.username: p for p in agency.people})
    found = Agencies(roles, organisations, tuple(people.values()))
    return found, [*problems, *(_problem(files[key], message) for key, message in _dangling(found))]


def _dangling(agencies: Agencies) -> list[tuple[str, str]]:
    """References to organisations and roles that are not there: who holds them, what is wrong."""
    found = []
    known = agencies.organisations
    for organisation in known.values():
        if organisation.parent and organisation.parent not in known:
            found.append((organisation.code, f"机构“{organisation.code}”的上级“{organisation.parent}”不存在"))
        elif _above_itself(organisation, known):
            found.append((organisation.code, f"机构“{organisation.code}”的上级关系成环"))
    for person in agencies.people:
        for org, role in sorted(tuple(group.split(":", 1)) for group in person.groups):
            if org not in known:
                found.append((person.username, f"“{person.name}”所在的机构“{org}”不存在"))
            if role not in agencies.roles:
                found.append((person.username, f"“{person.name}”的角色“{role}”不存在"))
        if person.org not in known and not person.groups:
            found.append((person.username, f"“{person.name}”所在的机构“{person.org}”不存在"))
    return found


def _above_itself(organisation: Organisation, known: Mapping[str, Organisation]) -> bool:
    seen = set()
    above: Organisation | None = organisation
    while above is not None and above.code not in seen:
        seen.add(above.code)
        above = known.get(above.parent) if above.parent else None
    return above is not None


def _problem(file: str, message: str) -> Problem:
    return Problem("agency", Severity.ERROR, message, file)
