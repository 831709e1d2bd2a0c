"""The task page and what is decided on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.errors import Conflict, Fault, Invalid, InvalidForm, OpinionRequired, Refused, WrongOutcome
from engine.events import NoticeIssued
from engine.records import NoticeRecord, TaskRecord, TaskStatus
from engine.views import InboxQuery
from webapp.casework import due_of
from webapp.errors import status_of
from webapp.formatting import Chip, due_chip
from webapp.inbox import lists, reach
from webapp.inbox.blueprint import work
from webapp.inbox.casefile import Casefile
from webapp.inbox.filling import Filling
from webapp.inbox.filters import bounds
from webapp.inbox.workplace import Workplace
from webapp.notices import paper
from webapp.services import services

#: a browser may post files of several megabytes, or nothing but a button
_KEEP_WORKING = ("remove", "upload")


@work.get("/tasks/<task_id>")
def task(task_id: str) -> str:
    return _page(Filling.blank(Workplace.of(task_id)))


@work.post("/tasks/<task_id>/complete")
def complete(task_id: str) -> str | Response | tuple[str, int]:
    """Complete the task; before something is sent that the clerk had to give reasons for, he sees what is sent."""
    place = Workplace.of(task_id)
    if place.task.status is TaskStatus.DONE and place.task.assignee_id == place.who.user_id:
        return redirect(url_for("work.task", task_id=task_id))  # the button was pressed twice
    filling = Filling.posted(place)
    if any(key in request.form for key in _KEEP_WORKING):
        return _page(replace(filling, bound=replace(filling.bound, errors={}) if filling.bound else None))
    filling = filling.judged()
    if filling.errors:
        return _page(filling), 422
    try:
        if _wants_preview(filling) and (notices := _foreseen(filling)) is not None:
            return _page(filling, notices=notices)
        receipt = services().execute(filling.command())
    except (Conflict, Refused) as refusal:
        return _page(_again(filling), conflict=refusal.message), status_of(refusal)
    except Invalid as error:
        return _page(replace(filling, problems=_blamed(error))), 422
    except Fault as fault:
        current_app.logger.error("task %s cannot be completed", task_id, exc_info=fault)
        return _page(_again(filling), fault=fault.message), status_of(fault)
    flash(_told(filling, receipt.finished), "done")
    return redirect(url_for("work.task", task_id=task_id))


def _wants_preview(filling: Filling) -> bool:
    """True when the preview was asked for, or when this was not seen yet as it stands now."""
    if "preview" in request.form:
        return True
    weighty = filling.chosen is not None and filling.chosen.opinion_required
    return weighty and filling.previewed != filling.mark


def _foreseen(filling: Filling) -> Sequence[NoticeRecord] | None:
    """The notices that would be issued; None when there are none and nobody asked to see them."""
    happening = services().foresee(filling.command())
    notices = [event.notice for event in happening if isinstance(event, NoticeIssued)]
    return notices if notices or "preview" in request.form else None


def _again(filling: Filling) -> Filling:
    """What was typed, on the task as it stands now."""
    place = Workplace.of(filling.place.task.task_id)
    return replace(filling, place=place, version=place.task.version)


def _blamed(error: Invalid) -> dict[str, str]:
    """The question on the page that an error of the engine is about."""
    if isinstance(error, InvalidForm) and error.fields:
        return {key: messages[0] for key, messages in error.fields.items()}
    if isinstance(error, OpinionRequired):
        return {"opinion": error.message}
    return {"outcome" if isinstance(error, WrongOutcome) else "task": error.message}


def _told(filling: Filling, finished: bool) -> str:
    name = filling.place.task.name
    done = f"{name}已提交：{filling.chosen.name}。" if filling.chosen else f"{name}已提交。"
    return done + ("这个办件已经办结。" if finished else "")


def _page(
    filling: Filling,
    *,
    notices: Sequence[NoticeRecord] | None = None,
    conflict: str | None = None,
    fault: str | None = None,
) -> str:
    place = filling.place
    following = _following(place) if place.task.status is TaskStatus.DONE else None
    return render_template(
        "work/task.html",
        bench=place,
        task=place.task,
        case=place.view.case,
        filling=filling,
        notices=None if notices is None else [paper(notice, place.package) for notice in notices],
        conflict=conflict,
        fault=fault,
        step_chip=_step_chip(place),
        case_chip=due_of(place.view.case),
        file=Casefile(place.view, place.definition, place.package, full=place.shows_all),
        readable=reach.may_read(place.view, place.who),
        following=following,
        next_chip=lists.time_left(following, place.now, place.calendar) if following else None,
    )


def _step_chip(place: Workplace) -> Chip | None:
    """Time left of the step's own limit."""
    task = place.task
    if task.due_at is None or task.status not in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        return None
    return due_chip(place.calendar.remaining(place.now, task.due_at), provisional=task.provisional)


def _following(place: Workplace) -> TaskRecord | None:
    """What this clerk could do next: what he holds, then what he may claim; the most urgent first."""
    limits = bounds(place.now, place.calendar)
    for scope in ("mine", "claimable"):
        rows = (
            services()
            .inbox.page(InboxQuery(place.who.user_id, reach.groups(place.who), scope=scope, limit=1), limits)
            .rows
        )
        if rows:
            return rows[0]
    return None
