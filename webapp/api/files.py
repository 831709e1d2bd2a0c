"""Files handed in before the act that they belong to."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_smorest import Blueprint
from flask_smorest.fields import Upload

from engine.errors import InvalidValue
from engine.views import Attachment
from processes.forms import FieldType, Form
from webapp.api.items import item_row
from webapp.api.schemas import FileOut, Input
from webapp.api.support import application_form
from webapp.api.tasks import reachable_task, task_form
from webapp.config import web_config
from webapp.identity import actor
from webapp.services import services
from webapp.uploads import Slot, all_slots, keep

blueprint = Blueprint("api_files", __name__, description="上传文件，供随后的申请或办理引用")


class FileForm(Input):
    field = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 100), metadata={"description": "材料的 id 或表单字段的 key"}
    )
    item = ma.fields.String(load_default=None, metadata={"description": "为哪个事项的申请上传"})
    task_id = ma.fields.String(load_default=None, metadata={"description": "或为哪个任务上传"})


class FileUpload(Input):
    file = Upload(required=True)


@blueprint.route("/files")
class FileList(MethodView):
    @blueprint.arguments(FileForm, location="form")
    @blueprint.arguments(FileUpload, location="files")
    @blueprint.response(201, FileOut)
    def post(self, form: dict[str, Any], files: dict[str, Any]) -> Attachment:
        """上传一个文件，得到它的 attachment_id；扩展名、大小和内容不符的不收。"""
        return keep(files["file"], slot_for(**form), actor().user_id, None, web_config().max_case_bytes)


def slot_for(field: str, item: str | None, task_id: str | None) -> Slot:
    """The place the file is meant for; InvalidValue when item or task have no such place."""
    if task_id is not None:
        task = reachable_task(task_id)
        package, form = task_form(task)
    elif item is not None:
        definition_id = item_row(item).definition_id
        package, form = services().packages.get(definition_id), application_form(definition_id)
    else:
        raise InvalidValue("请指明 item 或 task_id。", place="item")
    found = next((slot for slot in [*all_slots(package.item), *own_slots(form)] if slot.id == field), None)
    if found is None:
        raise InvalidValue(f"没有“{field}”这项材料或文件。", place="field")
    return found


def own_slots(form: Form | None) -> list[Slot]:
    """The file questions of a form."""
    return [
        Slot(f.key, f.label, f.accept or Slot.accept, f.max_mb or Slot.max_mb, f.required)
        for f in (form.fields if form else ())
        if f.type is FieldType.FILE
    ]
