"""What else is done with a task: transferred, delegated, returned, taken back, urged, copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask.views import MethodView

from engine.bulk import Result, each, hand_over, on_tasks
from engine.commands import (
    DelegateTask,
    HandBackTask,
    RecallTask,
    Receipt,
    ReturnTask,
    SendCopy,
    TakeBackTask,
    TransferTask,
    UrgeCase,
)
from engine.errors import UnknownUser
from webapp.api.requests import Blueprint
from webapp.api.schemas import ReceiptOut, VersionIn
from webapp.api.schemas_colleagues import (
    BulkIn,
    CcIn,
    DelegateIn,
    HandBackIn,
    HandOverIn,
    MadeOut,
    NothingIn,
    PeopleOut,
    ResultsOut,
    ReturnIn,
    TransferIn,
    UrgeIn,
    WaysBackOut,
)
from webapp.api.support import KEY_HEADER, refuses
from webapp.api.tasks import act, filled_in, reachable_task
from webapp.identity import actor
from webapp.services import services

blueprint = Blueprint("api_operations", __name__, description="任务：转办、委派、退回、拿回、催办、抄送、批量")
_CHANGE = (400, 401, 403, 404, 409, 413, 415, 422)


@blueprint.route("/tasks/<task_id>/colleagues")
class Candidates(MethodView):
    @blueprint.response(200, PeopleOut)
    @refuses(blueprint, 401, 403, 404)
    def get(self, task_id: str) -> dict[str, Any]:
        """同岗位的同事，可以转办给他们。"""
        task = reachable_task(task_id)
        return {"people": services().colleagues.in_group(task.group)}


@blueprint.route("/tasks/<task_id>/transfer")
class Transfer(MethodView):
    @blueprint.arguments(TransferIn)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """转办给同岗位的同事。"""
        return act(task_id, lambda task: TransferTask(actor(), task_id, body["to"], body["reason"], body["version"]))


@blueprint.route("/tasks/<task_id>/delegate")
class Delegate(MethodView):
    @blueprint.arguments(DelegateIn)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """委派同事办理，办完交回由本人作结论。"""
        return act(task_id, lambda task: DelegateTask(actor(), task_id, body["to"], body["note"], body["version"]))


@blueprint.route("/tasks/<task_id>/hand-back")
class HandBack(MethodView):
    @blueprint.arguments(HandBackIn)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """受委派的人办完交回，附意见和表单。"""

        def command(task: Any) -> HandBackTask:
            # a delegatee who only gives his opinion need not fill in the form
            values, files = filled_in(task, body) if body["form"] or body["attachments"] else ({}, ())
            return HandBackTask(actor(), task_id, body["opinion"], values, files, body["version"])

        return act(task_id, command)


@blueprint.route("/tasks/<task_id>/recall")
class Recall(MethodView):
    @blueprint.arguments(VersionIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """收回委派出去、尚未交回的任务。"""
        return act(task_id, lambda task: RecallTask(actor(), task_id, body["version"]))


@blueprint.route("/tasks/<task_id>/returns")
class Returns(MethodView):
    @blueprint.response(200, WaysBackOut)
    @refuses(blueprint, 401, 403, 404, 409)
    def get(self, task_id: str) -> dict[str, Any]:
        """可以退回的环节：都能依法再次办理，且从那里仍能办到底。"""
        reachable_task(task_id)
        return {"targets": services().ways_back(actor(), task_id)}


@blueprint.route("/tasks/<task_id>/return")
class Return(MethodView):
    @blueprint.arguments(ReturnIn)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """退回到前面的环节或申请人。"""
        way = (body["to"], body["reason"], body["returns"], body["version"])
        return act(task_id, lambda task: ReturnTask(actor(), task_id, *way))


@blueprint.route("/tasks/<task_id>/take-back")
class TakeBack(MethodView):
    @blueprint.arguments(NothingIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, _: dict[str, Any], task_id: str) -> Receipt:
        """拿回自己刚办结、下一环节还没有人办理的任务。"""
        return act(task_id, lambda task: TakeBackTask(actor(), task_id))


@blueprint.route("/tasks/<task_id>/urge")
class Urge(MethodView):
    @blueprint.arguments(UrgeIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """催办这个任务所在的办件；每天一次。"""
        return act(task_id, lambda task: UrgeCase(actor(), task.case_no, body["text"]))


@blueprint.route("/tasks/<task_id>/cc")
class Cc(MethodView):
    @blueprint.arguments(CcIn)
    @blueprint.response(200, MadeOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], task_id: str) -> Receipt:
        """从这个任务抄送同事。"""
        return act(task_id, lambda task: SendCopy(actor(), task.case_no, tuple(body["to"]), body["note"], task_id))


@blueprint.route("/tasks/bulk")
class Bulk(MethodView):
    @blueprint.arguments(BulkIn)
    @blueprint.response(200, ResultsOut)
    @refuses(blueprint, 400, 401, 403, 413, 415, 422)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """批量认领、放回、转办：逐个办理，一个不成不影响其他。"""
        acts = on_tasks(actor(), body["action"], body["task_ids"], body["to"], body["reason"])
        return told(each(services().execute, acts))


@blueprint.route("/users/<user_id>/hand-over")
class HandOver(MethodView):
    @blueprint.arguments(HandOverIn, required=False)
    @blueprint.response(200, ResultsOut)
    @refuses(blueprint, 400, 401, 403, 404, 413, 415, 422)
    def post(self, body: dict[str, Any], user_id: str) -> dict[str, Any]:
        """离岗交接：把一个人手上的任务转给接手的人或放回岗位，并终止他给出和得到的授权。限管理员。"""
        if services().accounts.by_id(user_id) is None:
            raise UnknownUser(f"没有这个账号：{user_id}", place=user_id)
        acts = hand_over(services().colleagues, actor(), user_id, body["to"], body["reason"])
        return told(each(services().execute, acts))


def told(results: Sequence[Result]) -> dict[str, Any]:
    """What became of each act."""
    return {
        "results": [
            {
                "about": one.about,
                "done": one.error is None,
                "code": one.error.code if one.error else None,
                "detail": one.error.message if one.error else None,
            }
            for one in results
        ]
    }
