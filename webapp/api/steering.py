"""What is done with a case as a whole: urged, copied, asked about, withdrawn, stopped; and who acts for whom."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from engine.commands import (
    AnswerQuestion,
    AskQuestion,
    Command,
    GiveGrant,
    ReadCopy,
    Receipt,
    ResumeCase,
    RevokeGrant,
    SendCopy,
    SuspendCase,
    TerminateCase,
    UrgeCase,
    WithdrawCase,
)
from engine.contacts import TO_APPLICANT
from engine.grants import GrantKind
from webapp.api.cases import reachable_case
from webapp.api.requests import Blueprint
from webapp.api.schemas import ReceiptOut
from webapp.api.schemas_colleagues import (
    AnswerIn,
    CcIn,
    CopiesArgs,
    CopiesOut,
    GrantIn,
    GrantsOut,
    MadeOut,
    NothingIn,
    QuestionIn,
    QuestionsOut,
    ReasonIn,
    SuspendIn,
    TerminateIn,
    UrgeIn,
)
from webapp.api.support import KEY_HEADER, once, refuses
from webapp.identity import actor
from webapp.services import services

blueprint = Blueprint("api_steering", __name__, description="办件：催办、抄送、沟通、撤回、终止、挂起；授权")
_CHANGE = (400, 401, 403, 404, 409, 413, 415, 422)


def steer(case_no: str, command: Command) -> Receipt:
    """Carry out a command on a case that the caller may reach."""
    reachable_case(case_no)
    return once(lambda: command)


@blueprint.route("/cases/<case_no>/urge")
class Urge(MethodView):
    @blueprint.arguments(UrgeIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """催办：申请人和监察人员，每天一次。"""
        return steer(case_no, UrgeCase(actor(), case_no, body["text"]))


@blueprint.route("/cases/<case_no>/cc")
class Cc(MethodView):
    @blueprint.arguments(CcIn)
    @blueprint.response(200, MadeOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """抄送同事。"""
        return steer(case_no, SendCopy(actor(), case_no, tuple(body["to"]), body["note"]))


@blueprint.route("/cases/<case_no>/withdraw")
class Withdraw(MethodView):
    @blueprint.arguments(ReasonIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """撤回申请：申请人，作出决定之前。"""
        return steer(case_no, WithdrawCase(actor(), case_no, body["reason"]))


@blueprint.route("/cases/<case_no>/terminate")
class Terminate(MethodView):
    @blueprint.arguments(TerminateIn)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """终止办理：审批负责人或管理员，须说明理由。"""
        return steer(case_no, TerminateCase(actor(), case_no, body["reason"]))


@blueprint.route("/cases/<case_no>/suspend")
class Suspend(MethodView):
    @blueprint.arguments(SuspendIn)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """挂起：审批负责人或管理员，须写明依据；暂停办理和计时。"""
        return steer(case_no, SuspendCase(actor(), case_no, body["basis"], body["reason"]))


@blueprint.route("/cases/<case_no>/resume")
class Resume(MethodView):
    @blueprint.arguments(ReasonIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """恢复办理。"""
        return steer(case_no, ResumeCase(actor(), case_no, body["reason"]))


@blueprint.route("/cases/<case_no>/questions")
class CaseQuestions(MethodView):
    @blueprint.response(200, QuestionsOut)
    @refuses(blueprint, 401, 403, 404)
    def get(self, case_no: str) -> dict[str, Any]:
        """这个办件的问答；申请人只见问自己的。"""
        view, staff = reachable_case(case_no), actor().org is not None
        return {"questions": [one for one in view.questions if staff or one.to_id == TO_APPLICANT]}

    @blueprint.arguments(QuestionIn)
    @blueprint.response(200, MadeOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], case_no: str) -> Receipt:
        """就这个办件询问申请人或同事。"""
        return steer(case_no, AskQuestion(actor(), case_no, body["to"], body["text"], body["task_id"]))


@blueprint.route("/questions")
class Questions(MethodView):
    @blueprint.response(200, QuestionsOut)
    @refuses(blueprint, 401)
    def get(self) -> dict[str, Any]:
        """等我答复的问题。"""
        return {"questions": services().colleagues.questions(actor().user_id)}


@blueprint.route("/questions/<question_id>/answer")
class Answer(MethodView):
    @blueprint.arguments(AnswerIn)
    @blueprint.response(200, MadeOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any], question_id: str) -> Receipt:
        """答复；只能答复一次。"""
        return once(lambda: AnswerQuestion(actor(), question_id, body["text"]))


@blueprint.route("/copies")
class Copies(MethodView):
    @blueprint.arguments(CopiesArgs, location="query")
    @blueprint.response(200, CopiesOut)
    @refuses(blueprint, 401, 422)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """抄送给我的办件，新的在前。"""
        page = services().colleagues.copies(actor().user_id, args["limit"], args["cursor"])
        return {"copies": page.rows, "next_cursor": page.next_cursor}


@blueprint.route("/copies/<copy_id>/read")
class Read(MethodView):
    @blueprint.arguments(NothingIn, required=False)
    @blueprint.response(200, ReceiptOut)
    @refuses(blueprint, 400, 401, 404, 409, 413, 415, 422)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, _: dict[str, Any], copy_id: str) -> Receipt:
        """已阅。"""
        return once(lambda: ReadCopy(actor(), copy_id))


@blueprint.route("/grants")
class Grants(MethodView):
    @blueprint.response(200, GrantsOut)
    @refuses(blueprint, 401)
    def get(self) -> dict[str, Any]:
        """我给出和得到的授权，新的在前。"""
        return {"grants": services().colleagues.grants_of(actor().user_id)}

    @blueprint.arguments(GrantIn)
    @blueprint.response(200, MadeOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, body: dict[str, Any]) -> Receipt:
        """授权：AB角或首席代表；本人给出，或由本单位管理员代为设置。"""
        return once(
            lambda: GiveGrant(
                actor(),
                GrantKind(body["kind"]),
                body["principal_id"],
                body["agent_id"],
                body["ends_at"],
                starts_at=body["starts_at"],
                groups=tuple(body["groups"]),
                items=tuple(body["items"]),
                basis=body["basis"],
            )
        )


@blueprint.route("/grants/<grant_id>/revoke")
class Revoke(MethodView):
    @blueprint.arguments(NothingIn, required=False)
    @blueprint.response(200, MadeOut)
    @refuses(blueprint, *_CHANGE)
    @blueprint.doc(parameters=[KEY_HEADER])
    def post(self, _: dict[str, Any], grant_id: str) -> Receipt:
        """撤销授权，立即生效。"""
        return once(lambda: RevokeGrant(actor(), grant_id))
