"""The inbox and what is done with a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask.views import MethodView

from engine.commands import ClaimTask, Command, CompleteTask, Receipt, ReleaseTask
from engine.errors import Conflict, InvalidForm, UnknownTask
from engine.records import APPLICANT_GROUP, TaskRecord
from engine.views import InboxQuery
from processes.forms import Form
from processes.package import Package
from webapp import slots
from webapp.api.items import form_out
from webapp.api.requests import Blueprint
from webapp.api.schemas import CompleteIn, ReceiptOut, TaskDetail, TaskOut, TasksArgs, TasksOut, VersionIn
from webapp.api.support import KEY_HEADER, handed_in, once, refuses, task_out, under
from webapp.casework import is_own
from webapp.forms import bind
from webapp.identity import actor
from webapp.inbox import reach
from webapp.inbox.filters import bounds
from webapp.services import services

blueprint = Blueprint("api_tasks", __name__, description="任务：收件箱、认领、放回、办理")


def reachable_task(task_id: str) -> TaskRecord:
    """The task, when it is some business of the caller's; UnknownTask or NotAllowed otherwise."""
    who = actor()
    if who.org is not None:
        return reach.reachable_task(task_id, who)
    task = services().inbox.task(task_id)
    view = services().cases.view(task.case_no) if task is not None and task.group == APPLICANT_GROUP else None
    if task is None or view is None or not is_own(view.case):
        raise UnknownTask(place=task_id)
    return task


def act(task_id: str, command: Callable[[TaskRecord], Command]) -> Receipt:
    """Carry out a command on a task that the caller may reach; a Conflict tells how the task stands now."""
    task = reachable_task(task_id)
    try:
        return once(lambda: command(task))
    except Conflict as error:
        now = services().inbox.task(task_id)
        error.details = {**error.details, "task": TaskOut().dump(task_out(now or task))}
        raise


@blueprint.route("/tasks")
class TaskList(MethodView):
    @blueprint.arguments(TasksArgs, location="query")
    @blueprint.response(200, TasksOut)
    @refuses(blueprint, 401, 422)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """收件箱：可认领、我的、办过的；剩余时限少的在前。"""
        who = actor()
        query = InboxQuery(
            user_id=who.user_id,
            groups=reach.groups(who),
            scope=args["scope"],
            text=args["text"],
            item_key=args["item"],
            org=args["org"],
            due=args["due"],
            limit=args["limit"],
            cursor=args["cursor"],
        )
        page = services().inbox.page(query, bounds(services().clock.now(), services().calendars.of(who.org)))
        return {"tasks": [task_out(task) for task in page.rows], "next_cursor": page.next_cursor}


@blueprint.route("/tasks/<task_id>")
class TaskItem(MethodView):
    @blueprint.response(200, TaskDetail)
    @refuses(blueprint, 401, 403, 404)
    def get(self, task_id: str) -> dict[str, Any]:
        """一个任务：可选的办理结果和表单字段。"""
        task = reachable_task(task_id)
        package, form = task_form(task)
        node = services().definitions.get(package.definition_id).process.nodes[task.node_id]
        return task_out(task) | {"outcomes": node.ext.outcomes, "form": form_out(form)}


@blueprint.route("/tasks/<task_id>/claim")
class Claim(MethodView):
    @blueprint.arguments(VersionIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, 400, 401, 403, 404, 409, 413, 415, 422)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """认领。"""
        return act(task_id, lambda task: ClaimTask(actor(), task_id, body["version"]))


@blueprint.route("/tasks/<task_id>/release")
class Release(MethodView):
    @blueprint.arguments(VersionIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, 400, 401, 403, 404, 409, 413, 415, 422)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """放回，由同组的人认领。"""
        return act(task_id, lambda task: ReleaseTask(actor(), task_id, body["version"]))


@blueprint.route("/tasks/<task_id>/complete")
class Complete(MethodView):
    @blueprint.arguments(CompleteIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, 400, 401, 403, 404, 409, 413, 415, 422)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """办理：给出结果、意见和表单内容。表单有误时逐个字段说明，什么也不保存。"""
        return act(task_id, lambda task: completion(task, body))


def completion(task: TaskRecord, body: dict[str, Any]) -> CompleteTask:
    """The command that ``body`` asks for; InvalidForm names everything in form and files that is wrong."""
    values, files = filled_in(task, body)
    return CompleteTask(
        actor=actor(),
        task_id=task.task_id,
        outcome=body["outcome"],
        opinion=body["opinion"],
        form=values,
        attachments=files,
        version=body["version"],
    )


def filled_in(task: TaskRecord, body: dict[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The values of the task's form and the ids of its files; InvalidForm names everything in them that is wrong."""
    package, form = task_form(task)
    files, wrong = handed_in(body["attachments"], slots.of_step(package.item, form))
    values = body["form"]
    if form is not None:
        facts = slots.facts(services().calendars.of(task.org).local_date(services().clock.now()), package.item, files)
        bound = bind(form, {**slots.answers(form, files, facts.materials), **values}, facts)
        values, wrong = bound.values, {**under("form", bound.errors), **wrong}
    if wrong:
        raise InvalidForm(wrong)
    return values, tuple(file.attachment_id for file in files)


def task_form(task: TaskRecord) -> tuple[Package, Form | None]:
    """The package that the task's case is pinned to, and the task's form in it."""
    definition_id = services().cases.definition_of(task.case_no)
    if definition_id is None:
        raise UnknownTask(place=task.task_id)
    ref = services().definitions.get(definition_id).process.nodes[task.node_id].ext.form
    package = services().packages.get(definition_id)
    return package, package.forms[ref] if ref else None
