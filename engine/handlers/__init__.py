"""Handlers decide: one function per command, from what stands in the store to the events that follow.

They write nothing, save for the things that only the store can decide: whose turn a number is, and whether a card or
an urging is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.act import Decision, Desk
from engine.commands import (
    AnswerQuestion,
    AskQuestion,
    ClaimTask,
    Command,
    CompleteTask,
    DelegateTask,
    DeliverMessage,
    FireTimer,
    GiveGrant,
    HandBackTask,
    RaiseCards,
    ReadCopy,
    RecallTask,
    RecomputeDeadlines,
    ReleaseTask,
    ResumeCase,
    ReturnTask,
    RevokeGrant,
    SendCopy,
    SubmitCase,
    SuspendCase,
    TakeBackTask,
    TerminateCase,
    TransferTask,
    UrgeCase,
    WithdrawCase,
)
from engine.handlers.cards import raise_cards
from engine.handlers.cases import submit_case
from engine.handlers.claims import claim_task, release_task
from engine.handlers.completion import complete_task
from engine.handlers.copies import read_copy, send_copy
from engine.handlers.delegation import delegate_task, hand_back_task, recall_task
from engine.handlers.grants import give_grant, revoke_grant
from engine.handlers.messages import deliver_message
from engine.handlers.oversight import acknowledge_warning, close_warning, explain_warning, order_correction
from engine.handlers.questions import answer_question, ask_question
from engine.handlers.recompute import recompute_deadlines
from engine.handlers.returning import return_task, take_back_task
from engine.handlers.steering import resume_case, suspend_case, terminate_case, withdraw_case
from engine.handlers.timers import fire_timer
from engine.handlers.transfer import transfer_task
from engine.handlers.urge import urge_case
from engine.oversight import AcknowledgeWarning, CloseWarning, ExplainWarning, OrderCorrection

#: takes the desk and a command of its own class
Handler = Callable[[Desk, Any], Decision]

HANDLERS: Mapping[type[Command], Handler] = {
    SubmitCase: submit_case,
    ClaimTask: claim_task,
    ReleaseTask: release_task,
    CompleteTask: complete_task,
    FireTimer: fire_timer,
    DeliverMessage: deliver_message,
    RaiseCards: raise_cards,
    RecomputeDeadlines: recompute_deadlines,
    TransferTask: transfer_task,
    DelegateTask: delegate_task,
    HandBackTask: hand_back_task,
    RecallTask: recall_task,
    GiveGrant: give_grant,
    RevokeGrant: revoke_grant,
    ReturnTask: return_task,
    TakeBackTask: take_back_task,
    WithdrawCase: withdraw_case,
    TerminateCase: terminate_case,
    SuspendCase: suspend_case,
    ResumeCase: resume_case,
    UrgeCase: urge_case,
    SendCopy: send_copy,
    ReadCopy: read_copy,
    AskQuestion: ask_question,
    AnswerQuestion: answer_question,
    AcknowledgeWarning: acknowledge_warning,
    ExplainWarning: explain_warning,
    OrderCorrection: order_correction,
    CloseWarning: close_warning,
}
