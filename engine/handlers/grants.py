"""Giving and taking away powers: stand-ins (AB角) and chief representatives (首席代表)."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.act import Decision, Desk
from engine.authority import administers
from engine.commands import GiveGrant, Receipt, RevokeGrant
from engine.errors import InvalidValue, NotAllowed, UnknownGrant, UnknownUser
from engine.events import GrantGiven, GrantRevoked
from engine.grants import GrantKind, GrantRecord
from engine.records import Actor

#: a power is given anew every year
MAX_TERM = timedelta(days=366)


def give_grant(desk: Desk, command: GiveGrant) -> Decision:
    """Give an agent powers of a principal for a term.

    Allowed to the principal himself and, for who is already away, to administrators of his organisation.  Nobody gives
    what he has not: the groups must be the principal's own.  Raises UnknownUser, UnknownItem, NotAllowed, InvalidValue.
    """
    principal, agent = _person(desk, command.principal_id), _person(desk, command.agent_id)
    if command.actor.user_id != principal.user_id and not _administers(desk, command.actor, principal):
        raise NotAllowed(f"只有{principal.name}本人和本单位管理员可以授权。", place="principal_id")
    if command.kind is GrantKind.TASK:
        raise InvalidValue("单个环节请用委派。", place="kind")
    if agent.user_id == principal.user_id:
        raise InvalidValue("不能授权给自己。", place="agent_id")
    starts_at = command.starts_at or desk.now
    _check_term(desk.now, starts_at, command.ends_at)
    grant = GrantRecord(
        grant_id=desk.world.new_id(),
        kind=command.kind,
        principal_id=principal.user_id,
        principal_name=principal.name,
        agent_id=agent.user_id,
        agent_name=agent.name,
        groups=_groups(command, principal),
        items=_items(desk, command),
        starts_at=starts_at,
        ends_at=command.ends_at,
        basis=_basis(command),
        given_by=command.actor.user_id,
        given_at=desk.now,
    )
    return Decision(None, Receipt("", "", made=(grant.grant_id,)), (GrantGiven(grant),))


def revoke_grant(desk: Desk, command: RevokeGrant) -> Decision:
    """Take a grant away from now on; one taken away before stays as it is.

    Allowed to principal, agent, giver and administrators.  Raises UnknownGrant and NotAllowed.
    """
    grant = desk.uow.grants.get(command.grant_id)
    if grant is None:
        raise UnknownGrant(place=command.grant_id)
    if grant.kind is GrantKind.TASK:
        raise NotAllowed("委派的环节请在任务中收回。", place=grant.grant_id)
    if command.actor.user_id not in (grant.principal_id, grant.agent_id, grant.given_by):
        principal = desk.uow.people.find(grant.principal_id)
        if principal is None or not _administers(desk, command.actor, principal):
            raise NotAllowed("只有授权双方和本单位管理员可以撤销授权。", place=grant.grant_id)
    revoked = () if grant.revoked_at else (GrantRevoked(grant, command.actor.user_id, desk.now),)
    return Decision(None, Receipt("", "", made=(grant.grant_id,)), revoked)


def _person(desk: Desk, user_id: str) -> Actor:
    person = desk.uow.people.find(user_id)
    if person is None:
        raise UnknownUser("没有这位工作人员，或者账号已停用。", place=user_id)
    return person


def _administers(desk: Desk, actor: Actor, principal: Actor) -> bool:
    return principal.org is not None and administers(actor, principal.org, desk.world.directory)


def _check_term(now: datetime, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= max(starts_at, now):
        raise InvalidValue("授权的截止时间应晚于开始时间和现在。", place="ends_at")
    if ends_at - starts_at > MAX_TERM:
        raise InvalidValue("一次授权不超过一年。", place="ends_at")


def _groups(command: GiveGrant, principal: Actor) -> tuple[str, ...]:
    """The groups given; all of the principal's where none is named."""
    strange = [group for group in command.groups if not principal.may_work(group)]
    if strange:
        raise InvalidValue(f"{principal.name}没有“{strange[0]}”这个岗位，不能授权。", place="groups")
    groups = tuple(sorted(set(command.groups or principal.groups)))
    if not groups:
        raise InvalidValue(f"{principal.name}没有可以授权的岗位。", place="groups")
    return groups


def _items(desk: Desk, command: GiveGrant) -> tuple[str, ...]:
    for key in command.items:
        desk.world.definitions.current(key)
    return tuple(sorted(set(command.items)))


def _basis(command: GiveGrant) -> str | None:
    basis = (command.basis or "").strip() or None
    if command.kind is GrantKind.REPRESENTATIVE and basis is None:
        raise InvalidValue("首席代表授权须写明授权文书。", place="basis")
    return basis
