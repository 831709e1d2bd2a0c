"""The inbox and what is done with a task."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from engine.commands import ClaimTask, Command, CompleteTask, Receipt, ReleaseTask
from engine.errors import UnknownTask
from engine.records import APPLICANT_GROUP, TaskRecord
from engine.views import InboxQuery
from processes.forms import Form
from processes.package import Package
from webapp.api.items import form_out
from webapp.api.schemas import CompleteIn, ReceiptOut, TaskDetail, TaskOut, TasksArgs, TasksOut, VersionIn
from webapp.api.support import KEY_HEADER, idempotency_key, uploads_of
from webapp.casework import is_own
from webapp.formatting import mask_name
from webapp.forms import bind
from webapp.identity import actor
from webapp.inbox import reach
from webapp.inbox.filters import bounds
from webapp.inputs import Facts
from webapp.services import services

blueprint = Blueprint("api_tasks", __name__, description="任务：收件箱、认领、放回、办理")


def task_out(task: TaskRecord) -> dict[str, Any]:
    """A task as lists show it, the applicant's name masked."""
    shown = {name: getattr(task, name) for name in TaskOut().fields}
    return shown | {"applicant_name": mask_name(task.applicant_name)}


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


def act(command: Command) -> Receipt:
    """Carry out the command under the request's Idempotency-Key."""
    return services().execute(command, idempotency_key())


@blueprint.route("/tasks")
class TaskList(MethodView):
    @blueprint.arguments(TasksArgs, location="query")
    @blueprint.response(200, TasksOut)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """收件箱：可认领、我的、办过的；剩余时限少的在前。"""
        who = actor()
        query = InboxQuery(
            user_id=who.user_id,
            groups=who.groups,
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
    def get(self, task_id: str) -> dict[str, Any]:
        """一个任务：可选的办理结果和表单字段。"""
        task = reachable_task(task_id)
        package, form = task_form(task)
        node = services().definitions.get(package.definition_id).process.nodes[task.node_id]
        return task_out(task) | {"outcomes": node.ext.outcomes, "form": form_out(form)}


@blueprint.route("/tasks/<task_id>/claim")
class Claim(MethodView):
    @blueprint.arguments(VersionIn)
    @blueprint.response(200, ReceiptOut)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """认领。"""
        return act(ClaimTask(actor=actor(), task_id=task_id, version=body["version"]))


@blueprint.route("/tasks/<task_id>/release")
class Release(MethodView):
    @blueprint.arguments(VersionIn)
    @blueprint.response(200, ReceiptOut)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """放回，由同组的人认领。"""
        return act(ReleaseTask(actor=actor(), task_id=task_id, version=body["version"]))


@blueprint.route("/tasks/<task_id>/complete")
class Complete(MethodView):
    @blueprint.arguments(CompleteIn)
    @blueprint.response(200, ReceiptOut)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """办理：给出结果、意见和表单内容。表单有误时逐个字段说明，什么也不保存。"""
        task = reachable_task(task_id)
        who = actor()
        return act(
            CompleteTask(
                actor=who,
                task_id=task_id,
                outcome=body["outcome"],
                opinion=body["opinion"],
                form=checked_form(task, body["form"], uploads_of(body["attachments"], who.user_id)),
                attachments=tuple(body["attachments"]),
                version=body["version"],
            )
        )


def task_form(task: TaskRecord) -> tuple[Package, Form | None]:
    """The package that the task's case is pinned to, and the task's form in it."""
    definition_id = services().cases.definition_of(task.case_no)
    if definition_id is None:
        raise UnknownTask(place=task.task_id)
    ref = services().definitions.get(definition_id).process.nodes[task.node_id].ext.form
    package = services().packages.get(definition_id)
    return package, package.forms[ref] if ref else None


def checked_form(task: TaskRecord, raw: dict[str, Any], uploads: dict[str, str]) -> dict[str, Any]:
    """The task's form, judged; InvalidForm names every field that is wrong."""
    package, form = task_form(task)
    if form is None:
        return {}
    materials = {material.id: material.name for material in package.item.materials or ()}
    today = services().clock.now().astimezone(services().calendars.of(task.org).tz).date()
    return dict(bind(form, raw, Facts(today, materials, uploads)).checked())
