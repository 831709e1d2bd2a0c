"""Files handed in before the act that they belong to."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_smorest import Blueprint
from flask_smorest.fields import Upload

from webapp.api.schemas import FileOut, Input
from webapp.identity import actor
from webapp.uploads import store_upload

blueprint = Blueprint("api_files", __name__, description="上传文件，供随后的申请或办理引用")


class FileForm(Input):
    field = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 100), metadata={"description": "材料的 id 或表单字段的 key"}
    )


class FileUpload(Input):
    file = Upload(required=True)


@blueprint.route("/files")
class FileList(MethodView):
    @blueprint.arguments(FileForm, location="form")
    @blueprint.arguments(FileUpload, location="files")
    @blueprint.response(201, FileOut)
    def post(self, form: dict[str, Any], files: dict[str, Any]) -> Any:
        """上传一个文件，得到它的 attachment_id。"""
        return store_upload(files["file"], field=form["field"], owner=actor().user_id)
