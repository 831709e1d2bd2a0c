"""Every failure of the core, as a named class.

The class says what went wrong, ``code`` names it for machines, the message says it to a person in Chinese and ``place``
names where.  Which HTTP status a class becomes is decided in one file of the web layer.

::

    YichuangError
    ├── NotFound            UnknownItem UnknownCase UnknownTask UnknownDefinition UnknownAttachment UnknownNotice
    │                       UnknownUser UnknownCopy UnknownQuestion UnknownGrant UnknownWarning
    ├── Refused             NotAllowed WrongApplicant AccountLocked BadCredentials
    ├── Conflict            StaleVersion TaskNotOpen AlreadyClaimed CaseClosed CaseSuspended AlreadyUrged NothingToUrge
    │                       AlreadyAnswered NoWayBack NotSuspended IdempotencyConflict Collision
    │                       MessageNotExpected MessageAmbiguous WarningMoved
    ├── Invalid             WrongOutcome OpinionRequired InvalidForm InvalidDefinition InvalidFile InvalidExpression
    │                       InvalidValue
    ├── Fault               ProcessFault StateFault
    └── Unavailable         Unconfirmed StorageFull
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class YichuangError(Exception):
    """系统未能完成这个操作。"""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None, *, place: str | None = None, **details: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.place = place
        self.details: Mapping[str, Any] = details
        super().__init__(self.message)


class NotFound(YichuangError):
    """没有找到要找的内容。"""

    code = "not_found"


class UnknownItem(NotFound):
    """没有这个事项。"""

    code = "unknown_item"


class UnknownCase(NotFound):
    """没有这个办件。"""

    code = "unknown_case"


class UnknownTask(NotFound):
    """没有这个环节任务。"""

    code = "unknown_task"


class UnknownDefinition(NotFound):
    """没有这个流程定义版本。"""

    code = "unknown_definition"


class UnknownAttachment(NotFound):
    """没有这个附件。"""

    code = "unknown_attachment"


class UnknownNotice(NotFound):
    """没有这份文书。"""

    code = "unknown_notice"


class UnknownUser(NotFound):
    """没有这个账号。"""

    code = "unknown_user"


class UnknownCopy(NotFound):
    """没有这份抄送。"""

    code = "unknown_copy"


class UnknownQuestion(NotFound):
    """没有这个问题。"""

    code = "unknown_question"


class UnknownGrant(NotFound):
    """没有这份授权。"""

    code = "unknown_grant"


class UnknownWarning(NotFound):
    """没有这张预警牌。"""

    code = "unknown_warning"


class Refused(YichuangError):
    """您没有办理这项操作的权限。"""

    code = "refused"


class NotAllowed(Refused):
    """这个环节不由您办理。"""

    code = "not_allowed"


class WrongApplicant(Refused):
    """只有申请人本人可以办理这一步。"""

    code = "wrong_applicant"


class BadCredentials(Refused):
    """账号或密码不正确。"""

    code = "bad_credentials"


class AccountLocked(Refused):
    """账号因多次登录失败已被锁定，请稍后再试。"""

    code = "account_locked"


class Conflict(YichuangError):
    """内容已被他人更改，请刷新后再办理。"""

    code = "conflict"


class StaleVersion(Conflict):
    """这个环节刚刚被他人更改，请刷新后再办理。"""

    code = "stale_version"


class TaskNotOpen(Conflict):
    """这个环节已经办结或取消，不能再办理。"""

    code = "task_not_open"


class AlreadyClaimed(Conflict):
    """这个环节已被他人认领。"""

    code = "already_claimed"


class CaseClosed(Conflict):
    """这个办件已经办结。"""

    code = "case_closed"


class CaseSuspended(Conflict):
    """这个办件已挂起，恢复办理后才能继续。"""

    code = "case_suspended"


class NotSuspended(Conflict):
    """这个办件没有挂起。"""

    code = "not_suspended"


class AlreadyUrged(Conflict):
    """今天已经催办过，每天只能催办一次。"""

    code = "already_urged"


class NothingToUrge(Conflict):
    """这个办件现在没有等待办理的环节，不用催办。"""

    code = "nothing_to_urge"


class AlreadyAnswered(Conflict):
    """这个问题已经答复。"""

    code = "already_answered"


class NoWayBack(Conflict):
    """流程不能从这里回到那个环节。"""

    code = "no_way_back"


class MessageNotExpected(Conflict):
    """办件现在没有在等这个消息。"""

    code = "message_not_expected"


class MessageAmbiguous(Conflict):
    """办件里有几处在等这个消息，请用 match 说明是哪一处。"""

    code = "message_ambiguous"


class WarningMoved(Conflict):
    """这张预警牌的处置已有变化，请刷新后再办理。"""

    code = "warning_moved"


class IdempotencyConflict(Conflict):
    """这个 Idempotency-Key 已用于内容不同的另一个请求。"""

    code = "idempotency_conflict"


class Collision(Conflict):
    """同时还有别的操作在进行，这次操作没有保存，请再试一次。"""

    # the store undid the transaction to let another one through: done again, it may well succeed
    code = "collision"


class Invalid(YichuangError):
    """提交的内容不正确。"""

    code = "invalid"


class InvalidValue(Invalid):
    """填写的值不正确。"""

    code = "invalid_value"


class WrongOutcome(Invalid):
    """这个环节没有您选择的办理结果。"""

    code = "wrong_outcome"


class OpinionRequired(Invalid):
    """选择这个结果必须填写意见。"""

    code = "opinion_required"


class InvalidForm(Invalid):
    """表单中有内容需要改正。

    ``fields`` maps a field's key to its messages.
    """

    code = "invalid_form"

    def __init__(self, fields: Mapping[str, Sequence[str]], message: str | None = None) -> None:
        super().__init__(message or "表单中有内容需要改正。", fields={k: list(v) for k, v in fields.items()})
        self.fields = {k: list(v) for k, v in fields.items()}


class InvalidFile(Invalid):
    """上传的文件不符合要求。"""

    code = "invalid_file"


class InvalidDefinition(Invalid):
    """流程定义不能使用。

    ``problems`` lists every problem found, each naming file, line and element.
    """

    code = "invalid_definition"

    def __init__(self, message: str | None = None, *, problems: Sequence[Any] = (), place: str | None = None) -> None:
        super().__init__(message or "流程定义不能使用。", place=place)
        self.problems = tuple(problems)


class InvalidExpression(Invalid):
    """表达式不能使用。"""

    code = "invalid_expression"


class Fault(YichuangError):
    """流程引擎不能继续，办件保持在这一步之前的状态。"""

    code = "fault"


class ProcessFault(Fault):
    """流程在这一步走不下去，办件保持在这一步之前的状态，请联系管理员。"""

    code = "process_fault"


class StateFault(Fault):
    """办件的流程状态不能读取，请联系管理员。"""

    code = "state_fault"


class Unavailable(YichuangError):
    """系统暂时不能使用，这次操作没有保存，请稍后再试。"""

    code = "unavailable"


class Unconfirmed(Unavailable):
    """保存时与数据库断开，这次操作可能已经保存，也可能没有，请刷新后核对。"""

    code = "unconfirmed"


class StorageFull(Unavailable):
    """系统的存储空间不足，这次操作没有保存，请联系管理员。"""

    code = "storage_full"
