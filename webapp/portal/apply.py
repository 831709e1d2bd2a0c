"""Applying: start, one group of questions a page, check, submit, receipt."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import IdempotencyKey, SubmitCase
from webapp.casework import own_case
from webapp.errors import on_failure
from webapp.forms import collect
from webapp.identity import actor, citizen, citizen_required
from webapp.portal import application, bp
from webapp.portal.application import CHECK, MATERIALS, Application, Group
from webapp.portal.guide import package_of
from webapp.qr import outside, qr
from webapp.services import services
from webapp.uploads import Desk, receive

Page = str | tuple[str, int] | Response
KEPT = ("已经保留", "您填写的内容和已上传的材料，都在草稿里")


@bp.get("/apply/<key>")
@citizen_required
def apply(key: str) -> str:
    """What lies ahead, and drafts of this item begun before."""
    package = package_of(key)
    drafts = [draft for draft in services().drafts.of(citizen().user_id) if draft.item_key == package.key]
    return render_template("portal/apply_start.html", item=package.item, drafts=drafts)


@bp.post("/apply/<key>")
@citizen_required
def start(key: str) -> Response:
    begun = application.begin(package_of(key).key, citizen(), uuid.uuid4().hex)
    return redirect(url_for("portal.draft_group", draft_id=begun.draft.draft_id, slug=begun.groups[0].slug))


@bp.get("/drafts/<draft_id>")
@citizen_required
def draft(draft_id: str) -> Response:
    """Go on where the draft was left."""
    app, _ = _resume(draft_id)
    return redirect(url_for("portal.draft_group", draft_id=draft_id, slug=app.next_open.slug))


@bp.get("/drafts/<draft_id>/<slug>")
@citizen_required
def draft_group(draft_id: str, slug: str) -> str:
    app, changed = _resume(draft_id)
    if changed:
        flash("这个事项的要求有更新。您填写的内容已经保留，请逐组核对一遍。", "info")
    return _page(app, app.group(slug), {})


@bp.post("/drafts/<draft_id>/<slug>")
@citizen_required
def save_group(draft_id: str, slug: str) -> Page:
    on_failure(KEPT, actions=[("回到这一组", url_for("portal.draft_group", draft_id=draft_id, slug=slug))])
    app, _ = _resume(draft_id)
    group = app.group(slug)
    if group.slug == CHECK:
        return _submit(app, group)
    errors = _take_files(app, group)
    app = app.reread()
    if group.slug != MATERIALS:
        app = app.with_values(group, collect(app.form_of(group), request.form))
    if "remove" in request.form:
        return redirect(url_for("portal.draft_group", draft_id=draft_id, slug=slug))
    if "later" in request.form and not errors:
        flash("草稿已经保存，随时可以从这里继续。", "done")
        return redirect(url_for("portal.my"))
    errors = {**app.wrong(group), **errors}
    if errors:
        return _page(app, group, errors), 422
    app = app.passed(group)
    return redirect(url_for("portal.draft_group", draft_id=draft_id, slug=app.next_open.slug))


@bp.get("/cases/<case_no>/receipt")
def receipt(case_no: str) -> str:
    """What the applicant holds in hand after submitting."""
    view = own_case(case_no)
    address = outside("portal.track", no=case_no)
    return render_template("portal/receipt.html", view=view, qr=qr(address, "二维码：在手机上查这个办件的进度"))


def _resume(draft_id: str) -> tuple[Application, bool]:
    return application.resume(draft_id, citizen())


def _take_files(app: Application, group: Group) -> dict[str, list[str]]:
    draft_id, owner = app.draft.draft_id, citizen().user_id
    if "remove" in request.form:
        ids = {file.attachment_id for files in app.files.values() for file in files}
        if request.form["remove"] in ids:
            services().files.remove(request.form["remove"], owner)
    return receive(request.files.items(multi=True), app.slots_on(group), owner, draft_id)


def _page(app: Application, group: Group, errors: Mapping[str, list[str]]) -> str:
    shared: dict[str, Any] = {"app": app, "group": group, "errors": errors, "draft": app.draft}
    shared["before"] = app.neighbour(group, -1)
    if group.slug == CHECK:
        wrong = {g.slug: app.wrong(g) for g in app.groups if g.slug != CHECK}
        return render_template("portal/apply_check.html", wrong={k: v for k, v in wrong.items() if v}, **shared)
    if group.slug == MATERIALS:
        desk = Desk(asked=app.slots, files=app.files, errors=errors)
        elsewhere = [m for m in app.package.item.materials or () if m.upload is None]
        return render_template("portal/apply_materials.html", desk=desk, elsewhere=elsewhere, **shared)
    desk = Desk(files=app.files, errors=errors, today=application.today().isoformat())
    return render_template("portal/apply_group.html", bound=app.bound(group, judged=bool(errors)), desk=desk, **shared)


def _submit(app: Application, group: Group) -> Page:
    if request.form.get("declare") != "yes":
        return _page(app, group, {"declare": ["请确认所填内容和材料真实，再提交"]}), 422
    if any(app.wrong(g) for g in app.groups if g.slug != CHECK):
        return _page(app, group, {"groups": ["还有几组内容没有填完，请按下面的提示改正后再提交"]}), 422
    draft_id = app.draft.draft_id
    applicant, form, attachments = app.checked()
    command = SubmitCase(actor(), app.package.key, applicant, form, tuple(attachments), "web", draft_id)
    on_failure(
        KEPT,
        ("办件编号", "尚未产生，时限没有开始计算"),
        actions=[("回到核对并提交", url_for("portal.draft_group", draft_id=draft_id, slug=CHECK))],
    )
    # a second click finds the first one's receipt instead of opening a second case
    key = IdempotencyKey(f"draft:{draft_id}", app.user.user_id, hashlib.sha256(draft_id.encode()).hexdigest())
    done = services().execute(command, key)
    return redirect(url_for("portal.receipt", case_no=done.case_no))
