"""Handlers decide: one function per command, from what stands in the store to the events that follow.

They write nothing, save for the two things that only the store can decide: whose turn a number is and whether a card
is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.act import Decision, Desk
from engine.commands import (
    ClaimTask,
    Command,
    CompleteTask,
    FireTimer,
    RaiseCards,
    RecomputeDeadlines,
    ReleaseTask,
    SubmitCase,
)
from engine.handlers.cards import raise_cards
from engine.handlers.cases import submit_case
from engine.handlers.claims import claim_task, release_task
from engine.handlers.completion import complete_task
from engine.handlers.recompute import recompute_deadlines
from engine.handlers.timers import fire_timer

#: takes the desk and a command of its own class
Handler = Callable[[Desk, Any], Decision]

HANDLERS: Mapping[type[Command], Handler] = {
    SubmitCase: submit_case,
    ClaimTask: claim_task,
    ReleaseTask: release_task,
    CompleteTask: complete_task,
    FireTimer: fire_timer,
    RaiseCards: raise_cards,
    RecomputeDeadlines: recompute_deadlines,
}
