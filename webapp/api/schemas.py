"""What the REST interface takes and gives."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields as f
from marshmallow import validate as v

REQUIRED = {"required": "缺少这一项", "null": "不能为空", "invalid": "内容的类型不对"}


class Input(ma.Schema):
    """A request body: unknown fields are refused and named."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {"unknown": "没有这个字段", "type": "应是一个对象"}  # noqa: RUF012 -- marshmallow's own attribute


class Problem(ma.Schema):
    """RFC 9457 problem details."""

    type = f.String(metadata={"description": "问题种类的标识"})
    title = f.String(metadata={"description": "发生了什么"})
    status = f.Integer()
    detail = f.String(metadata={"description": "怎样改正"})
    code = f.String(metadata={"description": "供程序判断的代码"})
    place = f.String(metadata={"description": "出问题的位置"})
    instance = f.String(metadata={"description": "出错的请求"})
    fields = f.Dict(keys=f.String(), values=f.Raw(), metadata={"description": "逐个字段的问题"})
    problems = f.List(f.Dict(), metadata={"description": "流程定义的问题，各有文件、行、元素"})


class PageArgs(ma.Schema):
    """Paging by cursor."""

    class Meta:
        unknown = ma.EXCLUDE

    limit = f.Integer(load_default=20, validate=v.Range(1, 100, error="limit 应在 1 至 100 之间"))
    cursor = f.String(load_default=None, validate=v.Length(max=300))


class ItemArgs(ma.Schema):
    class Meta:
        unknown = ma.EXCLUDE

    text = f.String(load_default=None, validate=v.Length(max=100))
    audience = f.String(load_default=None, validate=v.Length(max=50))


class Item(ma.Schema):
    key = f.String()
    code = f.String(allow_none=True, metadata={"description": "实施编码，来源未公布时为 null"})
    name = f.String()
    agency = f.String(allow_none=True)
    item_type = f.String(allow_none=True)
    kind = f.String(allow_none=True, metadata={"description": "办件类型"})
    promised = f.String(allow_none=True, metadata={"description": "承诺时限"})
    statutory = f.String(allow_none=True, metadata={"description": "法定时限"})
    audience = f.List(f.String())
    version = f.Integer()
    definition_id = f.String()
    published_at = f.AwareDateTime(format="iso")


class Step(ma.Schema):
    name = f.String()
    who = f.String(allow_none=True)
    limit = f.String(allow_none=True)
    counting_words = f.String(allow_none=True, metadata={"description": "是否计入承诺时限"})
    basis = f.String(allow_none=True)


class FormField(ma.Schema):
    key = f.String()
    type = f.String()
    label = f.String()
    required = f.Boolean()
    options = f.List(f.Dict())


class Guide(Item):
    guide = f.Dict(metadata={"description": "办事指南，字段同 item.yaml；来源未公布的为 null"})
    steps = f.List(f.Nested(Step))
    form = f.List(f.Nested(FormField), metadata={"description": "申请表的字段"})


class Items(ma.Schema):
    items = f.List(f.Nested(Item))


class ApplicantIn(Input):
    name = f.String(
        required=True, validate=v.Length(1, 100, error="姓名或名称应为 1 至 100 个字"), error_messages=REQUIRED
    )
    id_number = f.String(required=True, validate=v.Length(1, 18), error_messages=REQUIRED)
    phone = f.String(
        required=True, validate=v.Regexp(r"^1\d{10}$", error="请填写 11 位手机号码"), error_messages=REQUIRED
    )
    kind = f.String(
        load_default="person", validate=v.OneOf(["person", "organisation"], error="应为 person 或 organisation")
    )
    agent_name = f.String(load_default=None, allow_none=True, validate=v.Length(max=50))


class CaseIn(Input):
    item = f.String(required=True, error_messages=REQUIRED, metadata={"description": "事项的 key 或实施编码"})
    applicant = f.Nested(ApplicantIn, required=True, error_messages=REQUIRED)
    form = f.Dict(keys=f.String(), load_default=dict, error_messages={"invalid": "应是一个对象"})
    attachments = f.List(f.String(), load_default=list, metadata={"description": "先经 POST /files 上传的文件"})


class ReceiptOut(ma.Schema):
    case_no = f.String()
    case_status = f.String()
    task_id = f.String(allow_none=True)
    task_status = f.String(allow_none=True)
    task_version = f.Integer(allow_none=True)
    opened = f.List(f.String())
    finished = f.Boolean()
    replayed = f.Boolean()


class CaseOut(ma.Schema):
    case_no = f.String()
    item_key = f.String()
    item_name = f.String()
    definition_id = f.String()
    owner_org = f.String()
    applicant_name = f.String()
    channel = f.String()
    status = f.String()
    result = f.String(allow_none=True)
    clock = f.String()
    submitted_at = f.AwareDateTime(format="iso")
    accepted_at = f.AwareDateTime(format="iso", allow_none=True)
    decided_at = f.AwareDateTime(format="iso", allow_none=True)
    concluded_at = f.AwareDateTime(format="iso", allow_none=True)
    delivered_at = f.AwareDateTime(format="iso", allow_none=True)
    promised_due_at = f.AwareDateTime(format="iso", allow_none=True)
    statutory_due_at = f.AwareDateTime(format="iso", allow_none=True)
    provisional = f.Boolean(metadata={"description": "期限所在年份的放假安排尚未公布，期限为暂定"})


class CasesArgs(PageArgs):
    status = f.String(load_default=None, validate=v.Length(max=20))
    item = f.String(load_default=None, validate=v.Length(max=100))
    text = f.String(load_default=None, validate=v.Length(max=100))


class CasesOut(ma.Schema):
    cases = f.List(f.Nested(CaseOut))
    next_cursor = f.String(allow_none=True)


class TaskOut(ma.Schema):
    task_id = f.String()
    case_no = f.String()
    item_key = f.String()
    item_name = f.String()
    applicant_name = f.String(metadata={"description": "部分隐去"})
    node_id = f.String()
    name = f.String()
    stage = f.String(allow_none=True)
    org = f.String(allow_none=True)
    status = f.String()
    assignee_id = f.String(allow_none=True)
    assignee_name = f.String(allow_none=True)
    opened_at = f.AwareDateTime(format="iso")
    due_at = f.AwareDateTime(format="iso", allow_none=True)
    case_due_at = f.AwareDateTime(format="iso", allow_none=True)
    paused = f.Boolean()
    outcome = f.String(allow_none=True)
    version = f.Integer()


class OutcomeOut(ma.Schema):
    code = f.String()
    name = f.String()
    opinion_required = f.Boolean()


class TaskDetail(TaskOut):
    outcomes = f.List(f.Nested(OutcomeOut))
    form = f.List(f.Nested(FormField))


class TasksArgs(PageArgs):
    scope = f.String(
        load_default="claimable",
        validate=v.OneOf(["group", "claimable", "mine", "done"], error="应为 group、claimable、mine 或 done"),
    )
    item = f.String(load_default=None, validate=v.Length(max=100))
    org = f.String(load_default=None, validate=v.Length(max=50))
    due = f.String(
        load_default=None,
        validate=v.OneOf(["overdue", "today", "soon", "paused"], error="应为 overdue、today、soon 或 paused"),
    )
    text = f.String(load_default=None, validate=v.Length(max=100))


class TasksOut(ma.Schema):
    tasks = f.List(f.Nested(TaskOut))
    next_cursor = f.String(allow_none=True)


class VersionIn(Input):
    version = f.Integer(load_default=None, allow_none=True, strict=True, error_messages={"invalid": "应是整数"})


class CompleteIn(VersionIn):
    outcome = f.String(load_default=None, allow_none=True)
    opinion = f.String(load_default=None, allow_none=True, validate=v.Length(max=4000, error="意见不超过 4000 个字"))
    form = f.Dict(keys=f.String(), load_default=dict, error_messages={"invalid": "应是一个对象"})
    attachments = f.List(f.String(), load_default=list)


class HistoryOut(ma.Schema):
    seq = f.Integer()
    at = f.AwareDateTime(format="iso")
    kind = f.String()
    actor_name = f.String(allow_none=True)
    org = f.String(allow_none=True)
    node_id = f.String(allow_none=True)
    task_id = f.String(allow_none=True)
    hash = f.String(metadata={"description": "与前一条相连的校验值"})


class TimelineLine(ma.Schema):
    at = f.AwareDateTime(format="iso", allow_none=True)
    title = f.String()
    notes = f.List(f.String())


class Timeline(ma.Schema):
    case_no = f.String()
    lines = f.List(f.Nested(TimelineLine), metadata={"description": "写给人看的经过，新的在前"})
    history = f.List(f.Nested(HistoryOut), metadata={"description": "全部记录，旧的在前，逐条相连"})


class FileOut(ma.Schema):
    attachment_id = f.String()
    field = f.String()
    filename = f.String()
    media_type = f.String()
    size = f.Integer()
    sha256 = f.String()


class DefinitionOut(ma.Schema):
    key = f.String()
    version = f.Integer()
    definition_id = f.String()
    item_name = f.String()
    published_at = f.AwareDateTime(format="iso")
    published_by = f.String()
    note = f.String()
    in_force = f.Boolean()
    running_cases = f.Integer()


class DefinitionsOut(ma.Schema):
    definitions = f.List(f.Nested(DefinitionOut))


class PublishIn(Input):
    files = f.Dict(
        keys=f.String(validate=v.Length(1, 200)),
        values=f.String(),
        required=True,
        error_messages=REQUIRED,
        metadata={"description": "相对路径 → 文本：item.yaml、process.bpmn、forms/*.yaml、notices/*.html"},
    )
    note = f.String(load_default="", validate=v.Length(max=500, error="说明不超过 500 个字"))
