"""The citizen's side: find an item, read its guide, apply, follow the case, answer, print."""

from __future__ import annotations

from flask import Blueprint, Flask

from webapp.casework import org_name

bp = Blueprint("portal", __name__)


def init_app(app: Flask) -> None:
    from webapp.portal import about, answer, apply, cases, files, guide, home, items, my, track  # noqa: F401

    app.jinja_env.filters["org_name"] = org_name
    app.register_blueprint(bp)
