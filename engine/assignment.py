"""Who may work a task: from ``yc:assign`` to a group, and from a group and the case's past to a yes or no.

A task belongs to everybody who holds a role in an organisation (one group), or to the applicant.  On top of that a
diagram can demand the same person as an earlier step (``sameAs``) or somebody else (``notSameAs``): those who accept
do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.elements import Assign
from engine.errors import InvalidExpression, NotAllowed, ProcessFault, WrongApplicant
from engine.expressions import evaluate
from engine.grants import GrantRecord
from engine.ports import Directory
from engine.process import Node, Waiting
from engine.records import APPLICANT_GROUP, Actor, CaseRecord, TaskRecord, group_of

APPLICANT_ROLE = "applicant"

#: ids that many share or no person has; they own nothing
NOBODY = frozenset({"guest", "system"})


@dataclass(frozen=True, slots=True)
class Holder:
    """The group that a task goes to."""

    group: str
    #: code of the group's organisation; None for the applicant
    org: str | None


def holder(waiting: Waiting, owner_org: str, directory: Directory) -> Holder:
    """The group that works the user task ``waiting`` in a case owned by ``owner_org``.

    Raises ProcessFault, naming the node, when the task is assigned to nobody or to an organisation that does not exist.
    """
    assign = waiting.node.ext.assign
    if assign is None:
        raise ProcessFault("这个环节没有写明由谁办理（yc:assign）。", place=_place(waiting.node))
    if assign.role == APPLICANT_ROLE:
        return Holder(APPLICANT_GROUP, None)
    org = _organisation(assign, waiting, owner_org, directory)
    return Holder(group_of(org, assign.role), org)


def watched_nodes(node: Node) -> tuple[str, ...]:
    """Ids of the nodes whose handlers decide who may work ``node``."""
    assign = node.ext.assign
    return (*assign.same_as, *assign.not_same_as) if assign else ()


def check(
    actor: Actor,
    task: TaskRecord,
    case: CaseRecord,
    handlers: Sequence[tuple[str, str]],
    nodes: Mapping[str, Node],
    mandate: GrantRecord | None = None,
) -> None:
    """Let ``actor`` pass if the task is his to work, or his to work for the principal of ``mandate``.

    ``handlers`` are ``(node id, user id)`` of everybody who completed one of :func:`watched_nodes`, ``nodes`` the
    case's definition.  Who acts for another must keep apart what both of them must keep apart.  Raises WrongApplicant
    for an applicant's task, NotAllowed for a clerk's.
    """
    if task.group == APPLICANT_GROUP:
        if not is_applicant(actor, case):
            raise WrongApplicant
        return
    if mandate is None and not actor.may_work(task.group):
        raise NotAllowed
    assign = nodes[task.node_id].ext.assign
    if assign is not None:
        persons = {actor.user_id: "您"} | ({mandate.principal_id: mandate.principal_name} if mandate else {})
        _check_persons(persons, task, assign, handlers, nodes)


def is_applicant(actor: Actor, case: CaseRecord) -> bool:
    """True for the applicant's own account and for a visitor who proved to be the applicant of this case."""
    owns = actor.user_id == case.applicant.user_id and actor.user_id not in NOBODY
    return owns or case.case_no in actor.proved_cases


def _check_persons(
    persons: Mapping[str, str],
    task: TaskRecord,
    assign: Assign,
    handlers: Sequence[tuple[str, str]],
    nodes: Mapping[str, Node],
) -> None:
    """``persons`` are who acts and for whom, id → name: none of them may have done what another must have done."""
    for node_id, user_id in handlers:
        if node_id in assign.not_same_as and user_id in persons:
            raise NotAllowed(
                f"{persons[user_id]}已办理过“{_name(nodes, node_id)}”，按岗位分离要求，“{task.name}”须由他人办理。",
                node_id=node_id,
            )
    for node_id in assign.same_as:
        users = {user_id for done, user_id in handlers if done == node_id}
        if users and users.isdisjoint(persons):
            raise NotAllowed(f"“{task.name}”须由办理“{_name(nodes, node_id)}”的人员办理。", node_id=node_id)


def _organisation(assign: Assign, waiting: Waiting, owner_org: str, directory: Directory) -> str:
    """The code that ``org`` stands for.  The owner leads: a joint case is owned by its lead agency."""
    if assign.org in ("owner", "lead"):
        return owner_org
    if assign.org == "parent":
        owner = directory.organisation(owner_org)
        if owner is None or owner.parent is None:
            raise ProcessFault(f"承办机构（{owner_org}）没有上级机构，无法派发。", place=_place(waiting.node))
        return owner.parent
    code = _evaluated(assign.org[1:], waiting) if assign.org.startswith("=") else assign.org
    if directory.organisation(code) is None:
        raise ProcessFault(f"没有编码为“{code}”的机构，无法派发。", place=_place(waiting.node))
    return code


def _evaluated(source: str, waiting: Waiting) -> str:
    try:
        code = evaluate(source, waiting.data)
    except InvalidExpression as error:
        raise ProcessFault(f"办理机构的表达式不能使用：{error.message}", place=_place(waiting.node)) from error
    if not isinstance(code, str):
        raise ProcessFault("办理机构的表达式没有得出机构编码。", place=_place(waiting.node))
    return code


def _name(nodes: Mapping[str, Node], node_id: str) -> str:
    node = nodes.get(node_id)
    return node.name if node and node.name else node_id


def _place(node: Node) -> str:
    return f"{node.name}（{node.id}）"
