"""Files handed in before the act that they belong to."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from engine.errors import InvalidValue
from engine.views import Attachment
from webapp import slots
from webapp.api.items import item_row
from webapp.api.requests import Blueprint
from webapp.api.schemas import FileIn, FileOut
from webapp.api.support import application_form, refuses
from webapp.api.tasks import reachable_task, task_form
from webapp.config import web_config
from webapp.identity import actor
from webapp.services import services
from webapp.uploads import Slot, keep

blueprint = Blueprint("api_files", __name__, description="上传文件，供随后的申请或办理引用")


@blueprint.route("/files")
class FileList(MethodView):
    @blueprint.arguments(FileIn, location="form", content_type="multipart/form-data")
    @blueprint.response(201, FileOut)
    @refuses(blueprint, 401, 403, 404, 413, 415, 422)
    def post(self, form: dict[str, Any]) -> Attachment:
        """上传一个文件，得到它的 attachment_id；扩展名、大小和内容不符的不收。"""
        file = form.pop("file")
        return keep(file, slot_for(**form), actor().user_id, None, web_config().max_case_bytes)


def slot_for(field: str, item: str | None, task_id: str | None) -> Slot:
    """The place the file is meant for; InvalidValue when item or task have no such place."""
    if (item is None) is (task_id is None):
        raise InvalidValue("请指明 item 或 task_id 其中一个。", place="item")
    if task_id is not None:
        package, form = task_form(reachable_task(task_id))
        places = slots.of_step(package.item, form)
    else:
        definition_id = item_row(item or "").definition_id
        places = slots.of_application(services().packages.get(definition_id).item, application_form(definition_id))
    found = next((slot for slot in places if slot.id == field), None)
    if found is None:
        known = "、".join(slot.id for slot in places)
        raise InvalidValue(f"这里不收“{field}”；" + (f"可用：{known}。" if known else "不需要文件。"), place="field")
    return found
