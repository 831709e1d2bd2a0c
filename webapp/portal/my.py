"""What a citizen or enterprise has handed in, and what is still a draft."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.views import CaseQuery
from webapp.casework import summary_of
from webapp.identity import citizen, citizen_required
from webapp.messages import messages_for
from webapp.portal import bp
from webapp.services import services

#: messages on the first page of the list of cases; the rest has a page of its own
NEWEST = 3


@bp.get("/my")
@citizen_required
def my() -> str:
    user = citizen()
    query = CaseQuery(applicant_user_id=user.user_id, cursor=request.args.get("cursor"))
    page = services().cases.page(query)
    first = query.cursor is None
    told, more = messages_for(frozenset({user.user_id}), "portal.case", NEWEST) if first else ((), None)
    return render_template(
        "portal/my.html",
        cases=[summary_of(case) for case in page.rows],
        next_cursor=page.next_cursor,
        first=first,
        told=told,
        more_told=more is not None,
        drafts=services().drafts.of(user.user_id),
    )


@bp.get("/my/messages")
@citizen_required
def messages() -> str:
    rows, next_cursor = messages_for(frozenset({citizen().user_id}), "portal.case")
    return render_template("portal/messages.html", rows=rows, next_cursor=next_cursor)


@bp.post("/drafts/<draft_id>/remove")
@citizen_required
def remove_draft(draft_id: str) -> Response:
    services().drafts.remove(draft_id, citizen().user_id)
    return redirect(url_for("portal.my"))
