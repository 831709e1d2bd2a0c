"""Yellow and red cards, for whoever supervises or answers for them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from marshmallow import fields as f

from engine.oversight import WarningStatus
from engine.supervision import WarningRow
from webapp.api.fields import length, one_of, optional_text
from webapp.api.requests import Blueprint
from webapp.api.schemas import PageArgs
from webapp.api.support import refuses
from webapp.identity import actor
from webapp.inbox import reach
from webapp.services import services
from webapp.supervision.warnings import LEVELS, query_of

blueprint = Blueprint("api_supervision", __name__, description="监察：预警牌及其处置")


class WarningsArgs(PageArgs):
    level = optional_text(validate=one_of(*LEVELS), metadata={"description": "yellow 黄牌 · red 红牌"})
    status = optional_text(
        validate=one_of(*WarningStatus),
        metadata={
            "description": "raised 尚未处置 · acknowledged 已签收 · ordered 督办中 · explained 已说明 · closed 已销号"
        },
    )
    org = optional_text(validate=length(0, 50), metadata={"description": "责任机构代码"})
    item = optional_text(validate=length(0, 100), metadata={"description": "事项的 key"})


class WarningOut(ma.Schema):
    case_no = f.String()
    item_key = f.String()
    item_name = f.String()
    deadline = f.String(metadata={"description": "case 为全程时限，否则为任务的 task_id"})
    step = f.String(allow_none=True, metadata={"description": "期限所属的环节；全程时限为 null"})
    level = f.String(validate=one_of(*LEVELS))
    status = f.String(validate=one_of(*WarningStatus))
    version = f.Integer(metadata={"description": "已有几次处置"})
    org = f.String(metadata={"description": "责任机构代码"})
    assignee_id = f.String(allow_none=True)
    assignee_name = f.String(allow_none=True, metadata={"description": "亮牌时的经办人"})
    due_at = f.AwareDateTime(format="iso")
    raised_at = f.AwareDateTime(format="iso")
    due_on = f.Date(allow_none=True, metadata={"description": "督办的改正期限"})


class WarningsOut(ma.Schema):
    warnings = f.List(f.Nested(WarningOut))
    next_cursor = f.String(allow_none=True)


@blueprint.route("/supervision/warnings")
class WarningList(MethodView):
    @blueprint.arguments(WarningsArgs, location="query")
    @blueprint.response(200, WarningsOut)
    @refuses(blueprint, 401, 403, 422)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """预警牌：所监察的和本单位负责的，最近亮牌的在前。"""
        who = actor()
        page = services().supervision.warnings(query_of(reach.organisations(who) | reach.supervised_by(who), args))
        return {"warnings": [_out(row) for row in page.rows], "next_cursor": page.next_cursor}


def _out(row: WarningRow) -> dict[str, Any]:
    record = row.card.record
    shown = {name: getattr(record, name) for name in ("case_no", "deadline", "level", "assignee_id")}
    shown |= {name: getattr(record, name) for name in ("due_at", "raised_at")}
    shown |= {name: getattr(row, name) for name in ("item_key", "item_name", "step", "org", "assignee_name", "due_on")}
    return shown | {"status": row.card.status, "version": row.card.version}
