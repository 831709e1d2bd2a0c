"""The home page and what it lists."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from webapp.context import ELDER
from webapp.portal import bp
from webapp.portal.items import audiences
from webapp.services import services

#: how many items the home page names before it sends the reader to the catalog
LISTED = 12
#: shortcuts by audience: how many, and how long a name may be to serve as one
SHORTCUTS, SHORT = 6, 8


@bp.get("/")
def home() -> str:
    rows = services().catalog.items()
    short = [(who, count) for who, count in audiences(rows) if len(who) <= SHORT][:SHORTCUTS]
    return render_template("portal/home.html", rows=rows[:LISTED], total=len(rows), audiences=short)


@bp.post("/elder")
def elder() -> Response:
    """Switch the larger print on or off and go back to where the reader was."""
    response = redirect(own_address(request.form.get("back", "/")))
    if request.form.get("on") == "1":
        response.set_cookie(
            ELDER, "1", max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=request.is_secure
        )
    else:
        response.delete_cookie(ELDER)
    return response


def own_address(address: str) -> str:
    """The address when it lies within this site, otherwise the home page."""
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address.rstrip("?") if inside else "/"
