"""Following a case without an account: case number and phone."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.checks import plain
from webapp.identity import prove
from webapp.portal import bp
from webapp.security import GUESSING, limiter
from webapp.services import services


@bp.route("/track", methods=["GET", "POST"])
@limiter.limit(GUESSING, methods=["POST"])
def track() -> str | tuple[str, int] | Response:
    if request.method == "GET":
        return render_template("portal/track.html", case_no=request.args.get("no", ""), phone="", errors={})
    case_no, phone = plain(request.form.get("no", "")), plain(request.form.get("phone", ""))
    errors = _missing(case_no, phone)
    if not errors:
        case = services().cases.by_number_and_phone(case_no, phone)
        if case is not None:
            prove(case.case_no)
            return redirect(url_for("portal.case", case_no=case.case_no))
        errors = {"no": "没有找到：办件编号与手机号对不上。请对照回执核对两项，手机号要填申请时留下的那一个"}
    return render_template("portal/track.html", case_no=case_no, phone=phone, errors=errors), 422


def _missing(case_no: str, phone: str) -> dict[str, str]:
    errors = {}
    if not case_no:
        errors["no"] = "请填写办件编号，例如 450721-260914-0017"
    if not phone:
        errors["phone"] = "请填写申请时留下的手机号"
    return errors
