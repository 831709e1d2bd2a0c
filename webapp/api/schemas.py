"""What the REST interface takes and gives."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields as f
from marshmallow import validate as v

from engine.records import CaseClock, CaseStatus, TaskStatus
from processes.forms import FieldType
from webapp.api.fields import MOST_BYTES, FilePart, Input, length, one_of, optional_text
from webapp.inbox.filling import LONGEST_OPINION
from webapp.inbox.filters import DUES, VIEWS
from webapp.wording import CHANNELS, RESULTS

#: longest text to look for
SEARCH = length(0, 100)


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
    task = f.Nested(lambda: TaskOut(), metadata={"description": "409 时任务的现状，其中 version 可用于重试"})
    reference = f.String(metadata={"description": "系统故障的编号，报修时用"})


class PageArgs(Input):
    """Paging by cursor."""

    limit = f.Integer(load_default=20, validate=v.Range(1, 100, error="应在 1 至 100 之间"))
    cursor = optional_text(validate=length(0, 300), metadata={"description": "上一页的 next_cursor"})


class ItemArgs(Input):
    text = optional_text(validate=SEARCH, metadata={"description": "事项名称、编码或机构的一部分"})
    audience = optional_text(validate=length(0, 50), metadata={"description": "服务对象，如 自然人、企业法人"})


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
    type = f.String(validate=one_of(*FieldType))
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
    kind = f.String(load_default="person", validate=one_of("person", "organisation"))
    name = f.String(required=True, validate=length(1, 100), metadata={"description": "姓名或单位名称"})
    id_number = f.String(
        required=True, validate=length(1, 40), metadata={"description": "公民身份号码或统一社会信用代码"}
    )
    phone = f.String(required=True, validate=length(1, 20), metadata={"description": "手机号码"})
    agent_name = optional_text(validate=length(0, 50), metadata={"description": "经办人姓名；单位申请时必填"})


ATTACHMENTS = {"description": "先经 POST /files 上传的文件的 attachment_id；表单里的文件字段由此填写"}


class CaseIn(Input):
    item = f.String(required=True, validate=length(1, 100), metadata={"description": "事项的 key 或实施编码"})
    applicant = f.Nested(ApplicantIn, required=True)
    form = f.Dict(keys=f.String(), load_default=dict, metadata={"description": "申请表：字段的 key → 值"})
    attachments = f.List(f.String(), load_default=list, metadata=ATTACHMENTS, validate=v.Length(max=200, error="太多"))


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
    applicant_name = f.String(metadata={"description": "对不办理该件的工作人员部分隐去"})
    channel = f.String(validate=one_of(*CHANNELS))
    status = f.String(validate=one_of(*CaseStatus))
    result = f.String(allow_none=True, validate=one_of(*RESULTS))
    clock = f.String(validate=one_of(*CaseClock), metadata={"description": "承诺时限的计时状态"})
    submitted_at = f.AwareDateTime(format="iso")
    accepted_at = f.AwareDateTime(format="iso", allow_none=True)
    decided_at = f.AwareDateTime(format="iso", allow_none=True)
    concluded_at = f.AwareDateTime(format="iso", allow_none=True)
    delivered_at = f.AwareDateTime(format="iso", allow_none=True)
    promised_due_at = f.AwareDateTime(format="iso", allow_none=True)
    statutory_due_at = f.AwareDateTime(format="iso", allow_none=True)
    provisional = f.Boolean(metadata={"description": "期限所在年份的放假安排尚未公布，期限为暂定"})


class CasesArgs(PageArgs):
    status = optional_text(validate=one_of(*CaseStatus))
    item = optional_text(validate=length(0, 100), metadata={"description": "事项的 key"})
    text = optional_text(validate=SEARCH, metadata={"description": "办件编号、事项或申请人名称的一部分"})


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
    status = f.String(validate=one_of(*TaskStatus))
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


class CaseDetail(CaseOut):
    tasks = f.List(f.Nested(TaskOut), metadata={"description": "等着办理的任务；申请人只见等自己办的，例如补正"})


class TasksArgs(PageArgs):
    scope = f.String(
        load_default="claimable",
        validate=one_of(*VIEWS),
        metadata={"description": "group 本岗位待办 · claimable 可认领 · mine 我的在办 · done 我办过的"},
    )
    item = optional_text(validate=length(0, 100), metadata={"description": "事项的 key"})
    org = optional_text(validate=length(0, 50), metadata={"description": "机构代码"})
    due = optional_text(
        validate=one_of(*DUES),
        metadata={"description": "overdue 已超期 · today 今天到期 · soon 3 个工作日内 · paused 暂停计时"},
    )
    text = optional_text(validate=SEARCH, metadata={"description": "办件编号、事项或申请人名称的一部分"})


class TasksOut(ma.Schema):
    tasks = f.List(f.Nested(TaskOut))
    next_cursor = f.String(allow_none=True)


class VersionIn(Input):
    version = f.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        metadata={"description": "读到任务时的 version；与现状不符时回应 409，不填则不核对"},
    )


class CompleteIn(VersionIn):
    outcome = optional_text(validate=length(0, 100), metadata={"description": "办理结果的 code，见任务的 outcomes"})
    opinion = optional_text(validate=length(0, LONGEST_OPINION))
    form = f.Dict(keys=f.String(), load_default=dict, metadata={"description": "表单：字段的 key → 值"})
    attachments = f.List(f.String(), load_default=list, metadata=ATTACHMENTS, validate=v.Length(max=200, error="太多"))


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
    who = f.String(allow_none=True, metadata={"description": "谁办的；只给工作人员看"})


class Timeline(ma.Schema):
    case_no = f.String()
    lines = f.List(f.Nested(TimelineLine), metadata={"description": "写给人看的经过，新的在前"})
    history = f.List(f.Nested(HistoryOut), metadata={"description": "全部记录，旧的在前，逐条相连；只给工作人员看"})


class FileIn(Input):
    field = f.String(required=True, validate=length(1, 100), metadata={"description": "材料的 id 或表单字段的 key"})
    item = optional_text(validate=length(1, 100), metadata={"description": "为哪个事项的申请上传"})
    task_id = optional_text(validate=length(1, 64), metadata={"description": "或为哪个任务上传"})
    file = FilePart(required=True)


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
    most_bytes = 20 * MOST_BYTES

    files = f.Dict(
        keys=f.String(),
        values=f.String(),
        required=True,
        metadata={"description": "相对路径 → 文本：item.yaml、process.bpmn、forms/*.yaml、notices/*.html"},
    )
    note = f.String(load_default="", validate=length(0, 500), metadata={"description": "为什么发布"})
