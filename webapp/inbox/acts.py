"""What a clerk does to tasks from lists: claim one, several, or the next one; give one back."""

from __future__ import annotations

from collections.abc import Iterable

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from engine.commands import ClaimTask, ReleaseTask
from engine.errors import Conflict, NotAllowed, UnknownTask
from engine.views import InboxQuery
from webapp.auth.door import local_path
from webapp.identity import actor
from webapp.inbox import reach
from webapp.inbox.blueprint import work
from webapp.inbox.filters import PAGE_SIZE, bounds
from webapp.services import services


@work.post("/tasks/<task_id>/claim")
def claim(task_id: str) -> Response:
    """Claim one task; its form comes next, from whichever page it was claimed."""
    try:
        services().execute(ClaimTask(actor(), task_id, request.form.get("version", type=int)))
    except Conflict as error:
        flash(error.message, "warn")
    return redirect(url_for("work.task", task_id=task_id))


@work.post("/tasks/<task_id>/release")
def release(task_id: str) -> Response:
    try:
        services().execute(ReleaseTask(actor(), task_id, request.form.get("version", type=int)))
        flash("已退回待办，同岗位的同事可以认领。", "done")
    except Conflict as error:
        flash(error.message, "warn")
    return redirect(url_for("work.inbox"))


@work.post("/claim")
def claim_many() -> Response:
    """Claim every ticked task, each by its own command: one that somebody else took does not hold up the others."""
    chosen = [value.partition(":") for value in request.form.getlist("task")][:PAGE_SIZE]
    taken, missed = 0, 0
    for task_id, _, version in chosen:
        try:
            services().execute(ClaimTask(actor(), task_id, int(version) if version.isdecimal() else None))
            taken += 1
        except (Conflict, NotAllowed, UnknownTask):
            missed += 1
    for text, kind in _told(taken, missed):
        flash(text, kind)
    return redirect(local_path(request.form.get("back")) or url_for("work.inbox"))


@work.post("/next")
def claim_next() -> Response:
    """Claim the task with least time left that this clerk may take, and open it."""
    who = actor()
    limits = bounds(services().clock.now(), services().calendars.of(who.org))
    page = services().inbox.page(InboxQuery(who.user_id, reach.groups(who), scope="claimable", limit=PAGE_SIZE), limits)
    for task in page.rows:
        try:
            services().execute(ClaimTask(who, task.task_id, task.version))
        except (Conflict, NotAllowed):
            continue  # taken a moment ago, or kept from this clerk by the diagram (notSameAs)
        return redirect(url_for("work.task", task_id=task.task_id))
    flash("没有可以认领的事了。", "done" if not page.rows else "warn")
    return redirect(url_for("work.inbox"))


def _told(taken: int, missed: int) -> Iterable[tuple[str, str]]:
    if taken:
        yield f"已认领 {taken} 件。", "done"
    if missed:
        yield f"{missed} 件没有认领：已被他人认领、已经办结，或按流程须由其他人办理。", "warn"
    if not taken and not missed:
        yield "没有选中任何一件。", "warn"
