"""Catalog and guides."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from flask.views import MethodView

from engine.errors import UnknownItem
from engine.views import ItemRow
from processes.forms import Form
from processes.guide import guide
from webapp.api.requests import Blueprint
from webapp.api.schemas import Guide, Item, ItemArgs, Items
from webapp.api.support import application_form, refuses
from webapp.portal.guide import worker_words
from webapp.services import services

blueprint = Blueprint("api_items", __name__, description="事项与办事指南（公开）")


def item_row(code: str) -> ItemRow:
    """The item in force with this key or implementation code; UnknownItem otherwise."""
    row = services().catalog.item(code)
    if row is None:
        raise UnknownItem(f"没有这个事项：{code}", place=code)
    return row


def form_out(form: Form | None) -> list[dict[str, Any]]:
    """The fields of a form, in order."""
    if form is None:
        return []
    return [
        {
            "key": field.key,
            "type": str(field.type),
            "label": field.label,
            "required": field.required,
            "options": [{"value": option.value, "label": option.label} for option in field.options],
        }
        for section in form.sections
        for field in section.fields
    ]


@blueprint.route("/items")
class ItemList(MethodView):
    @blueprint.arguments(ItemArgs, location="query")
    @blueprint.response(200, Items)
    @refuses(blueprint, 422)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """列出现行事项，可按文字和服务对象筛选。"""
        return {"items": services().catalog.items(text=args["text"], audience=args["audience"])}


@blueprint.route("/items/<code>")
class ItemGuide(MethodView):
    @blueprint.response(200, Guide)
    @refuses(blueprint, 404)
    def get(self, code: str) -> dict[str, Any]:
        """一个事项的办事指南、办理步骤和申请表字段。"""
        row = item_row(code)
        package = services().packages.get(row.definition_id)
        shown = {name: getattr(row, name) for name in Item().fields}
        return shown | {
            "guide": asdict(package.item),
            "steps": guide(package, partial(worker_words, row.owner_org)).steps,
            "form": form_out(application_form(row.definition_id)),
        }
