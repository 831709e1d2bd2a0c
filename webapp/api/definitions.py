"""Published procedures: list, versions, publish."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from engine.errors import InvalidDefinition, UnknownDefinition
from webapp.api.schemas import DefinitionOut, DefinitionsOut, PublishIn
from webapp.identity import actor
from webapp.services import services

blueprint = Blueprint("api_definitions", __name__, description="流程定义：列出版本、发布")

SUFFIXES = {".yaml", ".bpmn", ".html", ".md"}


def write_package(files: dict[str, str], folder: Path) -> None:
    """Lay the sent files out as a package folder; InvalidDefinition names a path that leads elsewhere."""
    for name, text in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or len(path.parts) > 3 or path.suffix not in SUFFIXES:
            raise InvalidDefinition("文件的路径不能使用。", place=name)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


@blueprint.route("/definitions")
class DefinitionList(MethodView):
    @blueprint.response(200, DefinitionsOut)
    def get(self) -> dict[str, Any]:
        """现行的流程定义。"""
        rows = services().catalog.versions()
        return {"definitions": [row for row in rows if row.in_force]}


@blueprint.route("/definitions/<key>/versions")
class VersionList(MethodView):
    @blueprint.response(200, DefinitionsOut)
    def get(self, key: str) -> dict[str, Any]:
        """一个流程定义的全部版本，新的在前。"""
        rows = services().catalog.versions(key)
        if not rows:
            raise UnknownDefinition(place=key)
        return {"definitions": rows}


@blueprint.route("/definitions/<key>/publish")
class Publish(MethodView):
    @blueprint.arguments(PublishIn)
    @blueprint.response(201, DefinitionOut)
    def post(self, body: dict[str, Any], key: str) -> Any:
        """检查并发布一个版本；有错误则逐条列出，什么也不保存。与现行版本内容相同则不生成新版本。"""
        with TemporaryDirectory() as home:
            write_package(body["files"], Path(home))
            return services().publish(key, Path(home), by=actor().name, note=body["note"])
