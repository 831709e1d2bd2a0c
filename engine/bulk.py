"""Many acts at once, each its own transaction: one that is refused does not hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.colleagues import Colleagues
from engine.commands import ClaimTask, Command, Receipt, ReleaseTask, RevokeGrant, TransferTask
from engine.errors import InvalidValue, YichuangError
from engine.records import Actor

#: acts that one request may ask for
MAX_ACTS = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one act."""

    #: the task, or the grant that was revoked
    about: str
    receipt: Receipt | None = None
    error: YichuangError | None = None


def each(execute: Callable[[Command], Receipt], acts: Iterable[tuple[str, Command]]) -> Sequence[Result]:
    """Carry out every act, in order; what refuses one is told with it."""
    results = []
    for about, command in acts:
        try:
            results.append(Result(about, execute(command)))
        except YichuangError as error:
            results.append(Result(about, error=error))
    return results


def on_tasks(
    actor: Actor, action: str, task_ids: Sequence[str], to: str | None = None, reason: str | None = None
) -> Sequence[tuple[str, Command]]:
    """``claim``, ``release`` or ``transfer`` for each task, as commands.  Raises InvalidValue."""
    ids = list(dict.fromkeys(task_ids))
    if not 1 <= len(ids) <= MAX_ACTS:
        raise InvalidValue(f"一次应选 1 至 {MAX_ACTS} 个任务。", place="task_ids")
    if action == "claim":
        return [(one, ClaimTask(actor, one)) for one in ids]
    if action == "release":
        return [(one, ReleaseTask(actor, one)) for one in ids]
    if action == "transfer" and to:
        return [(one, TransferTask(actor, one, to, reason)) for one in ids]
    raise InvalidValue("批量操作应为认领、放回，或者写明对象的转办。", place="action")


def hand_over(
    colleagues: Colleagues, actor: Actor, person_id: str, to: str | None, reason: str | None
) -> Sequence[tuple[str, Command]]:
    """Everything that a person who leaves holds, as commands: his tasks go to ``to``, or without one back to their
    groups; the powers that he gave and was given end."""
    tasks = [task.task_id for task in colleagues.in_hands(person_id)]
    acts: list[tuple[str, Command]] = [
        (one, TransferTask(actor, one, to, reason) if to else ReleaseTask(actor, one)) for one in tasks
    ]
    running = [grant.grant_id for grant in colleagues.grants_of(person_id) if grant.revoked_at is None]
    return [*acts, *((one, RevokeGrant(actor, one)) for one in running)]
