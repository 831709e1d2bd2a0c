"""Published procedures: list, versions, publish."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.views import MethodView

from engine.errors import InvalidDefinition, UnknownDefinition
from processes import bundle
from processes.problems import Problem, Severity, refuse
from webapp.api.requests import Blueprint
from webapp.api.schemas import DefinitionOut, DefinitionsOut, PublishIn
from webapp.api.support import refuses
from webapp.identity import actor
from webapp.services import services

blueprint = Blueprint("api_definitions", __name__, description="流程定义：列出版本、发布")


@blueprint.route("/definitions")
class DefinitionList(MethodView):
    @blueprint.response(200, DefinitionsOut)
    @refuses(blueprint, 401, 403)
    def get(self) -> dict[str, Any]:
        """现行的流程定义。"""
        rows = services().catalog.versions()
        return {"definitions": [row for row in rows if row.in_force]}


@blueprint.route("/definitions/<key>/versions")
class VersionList(MethodView):
    @blueprint.response(200, DefinitionsOut)
    @refuses(blueprint, 401, 403, 404)
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
    @refuses(blueprint, 400, 401, 403, 404, 413, 415, 422)
    def post(self, body: dict[str, Any], key: str) -> Any:
        """检查并发布一个版本；有错误则逐条列出，什么也不保存。与现行版本内容相同则不生成新版本。"""
        with TemporaryDirectory() as home:
            write_package(body["files"], Path(home))
            return services().publish(key, Path(home), by=actor().name, note=body["note"])


def write_package(files: dict[str, str], folder: Path) -> None:
    """Lay the sent files out as a package folder.

    Raises :class:`engine.errors.InvalidDefinition` naming every path that a package cannot have, and nothing is
    written: neither a path that leads elsewhere nor one that the file system refuses comes through.
    """
    refuse(Problem("bundle", Severity.ERROR, "流程包里不能有这种文件", name) for name in bundle.strangers(files))
    if len(files) > bundle.MAX_FILES:
        raise InvalidDefinition(f"流程包最多{bundle.MAX_FILES}个文件。", place="files")
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
