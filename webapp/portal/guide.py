"""The guide of an item, its one-page notice (一次告知单), and its diagram."""

from __future__ import annotations

from functools import partial

from flask import Response, render_template

from engine.elements import Assign
from engine.errors import UnknownItem
from engine.views import ItemRow
from processes import guide as guides
from processes.agencies import assignment_words
from processes.package import Package
from webapp.casework import org_name
from webapp.portal import bp
from webapp.qr import outside, qr
from webapp.services import services


def row_of(key: str) -> ItemRow:
    """The item in force, by key or implementation code; UnknownItem when there is none."""
    row = services().catalog.item(key)
    if row is None:
        raise UnknownItem(f"没有编号为“{key}”的事项，可能已停止办理或网址有误。", place=key)
    return row


def package_of(key: str) -> Package:
    """The package in force of an item."""
    return services().packages.get(row_of(key).definition_id)


@bp.get("/items/<key>")
def guide(key: str) -> str:
    return _page("portal/guide.html", key)


@bp.get("/items/<key>/notice")
def item_notice(key: str) -> str:
    return _page("portal/item_notice.html", key)


def worker_words(owner_org: str, assign: Assign) -> str:
    """Who works a step, in words; the item's own organisation stands above and is not named again."""
    words = assignment_words(assign, owner_org, services().directory.organisation, services().roles)
    return words.removeprefix(org_name(owner_org))


def _page(template: str, key: str) -> str:
    row = row_of(key)
    package = services().packages.get(row.definition_id)
    address = outside("portal.guide", key=row.key)
    return render_template(
        template,
        row=row,
        item=package.item,
        way=guides.guide(package, partial(worker_words, row.owner_org)),
        qr=qr(address, "二维码：在手机上打开本办事指南"),
    )


@bp.get("/diagrams/<definition_id>.bpmn")
def diagram(definition_id: str) -> Response:
    """The BPMN file of a published version, which never changes; UnknownDefinition when there is none."""
    package = services().packages.get(definition_id)
    response = Response(package.diagram, mimetype="application/xml")
    response.headers["Content-Disposition"] = f'inline; filename="{package.key}.bpmn"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.cache_control.public = True
    response.cache_control.max_age = 24 * 3600
    return response
