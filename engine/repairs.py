"""What an administrator does about an incident: try again, ask for another try, end the case, settle it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.authority import administers
from engine.clock import Clock
from engine.commands import Command, FireTimer, Receipt, TerminateCase
from engine.errors import InvalidValue, NotAllowed, OpinionRequired, TaskNotOpen, UnknownCase
from engine.ports import Directory, UnitOfWork, UnitOfWorkFactory
from engine.records import APPLICANT_GROUP, SYSTEM, Actor, CaseRecord, MessageRecord, TaskRecord

#: template of the message that asks for another try
TRY_AGAIN = "try_again"
LONGEST_REMARK = 200


class Executes(Protocol):
    """The engine."""

    def __call__(self, command: Command) -> Receipt: ...


class Repairs:
    """Every method is for those who administer the case's owner; NotAllowed for others, UnknownCase without a case."""

    def __init__(
        self,
        execute: Executes,
        uow: UnitOfWorkFactory,
        directory: Directory,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._execute = execute
        self._uow = uow
        self._directory = directory
        self._clock = clock
        self._new_id = new_id

    def retry(self, actor: Actor, case_no: str, ref: str) -> None:
        """Let the timer ``ref`` fire now and settle its incident.

        Raises what the engine raises when it fails again, which counts as one more failure of the same incident.
        """
        self._check(actor, case_no)
        self._execute(FireTimer(SYSTEM, ref, case_no))
        self._settle(actor, case_no, ref, "重试成功")

    def ask_again(self, actor: Actor, case_no: str, ref: str) -> None:
        """Tell whoever holds the task ``ref`` that it may be tried again.

        The incident stays open until it is done.  Raises TaskNotOpen when nobody waits for it any more.
        """
        with self._uow() as uow:
            case = self._admitted(uow, actor, case_no)
            task = next((task for task in uow.tasks.open_of(case_no) if task.task_id == ref), None)
            if task is None:
                raise TaskNotOpen(place=ref)
            uow.outbox.add([self._message(case, task)])
            uow.commit()

    def settle(self, actor: Actor, case_no: str, ref: str, remark: str) -> None:
        """Settle an incident by hand, ``remark`` saying what was done; a timer is then tried again at once.

        Should the act fail once more, the incident is open again.  Raises InvalidValue without a remark.
        """
        self._check(actor, case_no)
        said = remark.strip()
        if not said or len(said) > LONGEST_REMARK:
            raise InvalidValue(f"请写明怎样处理的，不超过 {LONGEST_REMARK} 个字。", place="remark")
        self._settle(actor, case_no, ref, said)

    def terminate(self, actor: Actor, case_no: str, ref: str, reason: str) -> None:
        """End the case, which no procedure carries on any more; raises like TerminateCase, OpinionRequired first."""
        self._check(actor, case_no)
        said = reason.strip()
        if not said or len(said) > LONGEST_REMARK:
            raise OpinionRequired(f"请写明终止的理由，不超过 {LONGEST_REMARK} 个字。", place="reason")
        self._execute(TerminateCase(actor, case_no, said))
        self._settle(actor, case_no, ref, f"终止办件：{said}")

    def _check(self, actor: Actor, case_no: str) -> None:
        with self._uow() as uow:
            self._admitted(uow, actor, case_no)

    def _admitted(self, uow: UnitOfWork, actor: Actor, case_no: str) -> CaseRecord:
        case = uow.cases.lock(case_no)
        if case is None:
            raise UnknownCase(place=case_no)
        if not administers(actor, case.owner_org, self._directory):
            raise NotAllowed("异常由承办单位或平台的系统管理员处理。", place=case_no)
        return case

    def _settle(self, actor: Actor, case_no: str, ref: str, remark: str) -> None:
        with self._uow() as uow:
            uow.incidents.settle(case_no, ref, self._clock.now(), actor, remark)
            uow.commit()

    def _message(self, case: CaseRecord, task: TaskRecord) -> MessageRecord:
        to_applicant = task.group == APPLICANT_GROUP
        reader = case.applicant.user_id if to_applicant else task.assignee_id or task.group
        return MessageRecord(
            message_id=self._new_id(),
            case_no=case.case_no,
            to="applicant" if to_applicant else "assignee",
            address=case.applicant.phone if to_applicant else reader or task.group,
            template=TRY_AGAIN,
            facts={
                "item": case.item_name,
                "case_no": case.case_no,
                "status": str(case.status),
                "step": task.name,
                "outcome": None,
            },
            created_at=self._clock.now(),
            reader=reader,
        )


def settle_overcome(uow: UnitOfWork, clock: Clock) -> int:
    """Settle every incident whose task or timer is no longer waited for; returns how many."""
    return uow.incidents.settle_overcome(clock.now(), SYSTEM, "后来已经办成或不再需要")
