"""What a citizen or enterprise has handed in, and what is still a draft."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.views import CaseQuery
from webapp.casework import summary_of
from webapp.identity import citizen, citizen_required
from webapp.portal import bp
from webapp.services import services


@bp.get("/my")
@citizen_required
def my() -> str:
    user = citizen()
    query = CaseQuery(applicant_user_id=user.user_id, cursor=request.args.get("cursor"))
    page = services().cases.page(query)
    return render_template(
        "portal/my.html",
        cases=[summary_of(case) for case in page.rows],
        next_cursor=page.next_cursor,
        first=query.cursor is None,
        drafts=services().drafts.of(user.user_id),
    )


@bp.post("/drafts/<draft_id>/remove")
@citizen_required
def remove_draft(draft_id: str) -> Response:
    services().drafts.remove(draft_id, citizen().user_id)
    return redirect(url_for("portal.my"))
