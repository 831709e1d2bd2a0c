"""What the REST interface takes and gives of acts among colleagues, ways back, and powers."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields as f
from marshmallow import validate as v

from engine.bulk import MAX_ACTS
from engine.grants import GrantKind
from webapp.api.fields import Input, length, one_of, optional_text
from webapp.api.schemas import ATTACHMENTS, PageArgs, ReceiptOut, VersionIn

_TEXT = length(0, 2000)
_ID = length(1, 64)


class MadeOut(ReceiptOut):
    """A receipt that also names what the act made."""

    made = f.List(f.String(), metadata={"description": "新生成的抄送、问题或授权的编号"})


class NothingIn(Input):
    """A body that says nothing."""


class TransferIn(VersionIn):
    to = f.String(required=True, validate=_ID, metadata={"description": "同岗位同事的账号"})
    reason = optional_text(validate=_TEXT)


class DelegateIn(VersionIn):
    to = f.String(required=True, validate=_ID, metadata={"description": "本单位同事的账号"})
    note = optional_text(validate=_TEXT, metadata={"description": "交代的事项"})


class HandBackIn(VersionIn):
    opinion = f.String(required=True, validate=length(1, 2000), metadata={"description": "办理意见"})
    form = f.Dict(keys=f.String(), load_default=dict, metadata={"description": "表单：字段的 key → 值"})
    attachments = f.List(f.String(), load_default=list, metadata=ATTACHMENTS, validate=v.Length(max=200, error="太多"))


class ReturnIn(VersionIn):
    to = f.String(
        required=True,
        validate=_ID,
        metadata={"description": "previous 上一环节 · applicant 申请人 · 或 GET …/returns 给出的 node_id"},
    )
    reason = f.String(required=True, validate=length(1, 2000))
    returns = f.Boolean(load_default=False, metadata={"description": "办完后直接回到退回人，不再依次办理"})


class WayBackOut(ma.Schema):
    node_id = f.String()
    name = f.String()
    applicant = f.Boolean(metadata={"description": "由申请人办理"})
    returns = f.Boolean(metadata={"description": "可以办完后直接回到退回人"})
    handler_name = f.String(allow_none=True, metadata={"description": "上次由谁办理"})
    previous = f.Boolean(metadata={"description": "上一环节"})


class WaysBackOut(ma.Schema):
    targets = f.List(f.Nested(WayBackOut))


class PersonOut(ma.Schema):
    user_id = f.String()
    name = f.String()
    org = f.String(allow_none=True)


class PeopleOut(ma.Schema):
    people = f.List(f.Nested(PersonOut))


class CcIn(Input):
    to = f.List(
        f.String(validate=_ID),
        required=True,
        validate=v.Length(1, 50, error="应为 1 至 50 人"),
        metadata={"description": "同事的账号"},
    )
    note = optional_text(validate=_TEXT)


class CopyOut(ma.Schema):
    copy_id = f.String()
    case_no = f.String()
    item_name = f.String()
    task_id = f.String(allow_none=True)
    step = f.String(allow_none=True)
    from_name = f.String()
    note = f.String(allow_none=True)
    sent_at = f.AwareDateTime(format="iso")
    read_at = f.AwareDateTime(format="iso", allow_none=True)


class CopiesOut(ma.Schema):
    copies = f.List(f.Nested(CopyOut))
    next_cursor = f.String(allow_none=True)


class CopiesArgs(PageArgs):
    pass


class QuestionIn(Input):
    to = f.String(required=True, validate=_ID, metadata={"description": "applicant 申请人，或同事的账号"})
    text = f.String(required=True, validate=length(1, 2000))
    task_id = optional_text(validate=_ID)


class AnswerIn(Input):
    text = f.String(required=True, validate=length(1, 2000))


class QuestionOut(ma.Schema):
    question_id = f.String()
    case_no = f.String()
    item_name = f.String()
    step = f.String(allow_none=True)
    to_id = f.String()
    text = f.String()
    asked_by_name = f.String()
    asked_at = f.AwareDateTime(format="iso")
    answer = f.String(allow_none=True)
    answered_by_name = f.String(allow_none=True)
    answered_at = f.AwareDateTime(format="iso", allow_none=True)


class QuestionsOut(ma.Schema):
    questions = f.List(f.Nested(QuestionOut))


class UrgeIn(Input):
    text = optional_text(validate=_TEXT)


class ReasonIn(Input):
    reason = optional_text(validate=_TEXT)


class TerminateIn(Input):
    reason = f.String(required=True, validate=length(1, 2000))


class SuspendIn(ReasonIn):
    basis = f.String(required=True, validate=length(1, 500), metadata={"description": "挂起的法律依据"})


class GrantIn(Input):
    kind = f.String(
        required=True,
        validate=one_of(GrantKind.STAND_IN, GrantKind.REPRESENTATIVE),
        metadata={"description": "stand_in AB角 · representative 首席代表"},
    )
    principal_id = f.String(required=True, validate=_ID, metadata={"description": "授权人的账号"})
    agent_id = f.String(required=True, validate=_ID, metadata={"description": "受权人的账号"})
    starts_at = f.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "省略即刻起"})
    ends_at = f.AwareDateTime(required=True)
    groups = f.List(
        f.String(validate=length(1, 130)),
        load_default=list,
        validate=v.Length(max=50, error="太多"),
        metadata={"description": "授权的岗位（机构:岗位），省略为全部"},
    )
    items = f.List(
        f.String(validate=length(1, 100)),
        load_default=list,
        validate=v.Length(max=200, error="太多"),
        metadata={"description": "限定的事项 key，省略为全部"},
    )
    basis = optional_text(validate=length(0, 200), metadata={"description": "授权文书；首席代表必填"})


class GrantOut(ma.Schema):
    grant_id = f.String()
    kind = f.String(validate=one_of(*GrantKind))
    principal_id = f.String()
    principal_name = f.String()
    agent_id = f.String()
    agent_name = f.String()
    groups = f.List(f.String())
    items = f.List(f.String())
    starts_at = f.AwareDateTime(format="iso")
    ends_at = f.AwareDateTime(format="iso", allow_none=True)
    basis = f.String(allow_none=True)
    given_by = f.String()
    given_at = f.AwareDateTime(format="iso")
    revoked_at = f.AwareDateTime(format="iso", allow_none=True)


class GrantsOut(ma.Schema):
    grants = f.List(f.Nested(GrantOut))


class BulkIn(Input):
    action = f.String(required=True, validate=one_of("claim", "release", "transfer"))
    task_ids = f.List(
        f.String(validate=_ID), required=True, validate=v.Length(1, MAX_ACTS, error=f"应为 1 至 {MAX_ACTS} 个")
    )
    to = optional_text(validate=_ID, metadata={"description": "转办给谁"})
    reason = optional_text(validate=_TEXT)


class HandOverIn(Input):
    to = optional_text(validate=_ID, metadata={"description": "由谁接手；省略则放回各岗位"})
    reason = optional_text(validate=_TEXT)


class ResultOut(ma.Schema):
    about = f.String(metadata={"description": "任务或授权的编号"})
    done = f.Boolean()
    code = f.String(allow_none=True, metadata={"description": "没有办成的原因代码"})
    detail = f.String(allow_none=True, metadata={"description": "没有办成的原因"})


class ResultsOut(ma.Schema):
    results = f.List(f.Nested(ResultOut))
