"""What runs here, what went wrong, and who works here: definitions, incidents, organisations, accounts."""

from __future__ import annotations

from flask import Blueprint, Flask

admin = Blueprint("admin", __name__, url_prefix="/work")


def init_app(app: Flask) -> None:
    from webapp.admin import calendars, definitions, incidents, people  # noqa: F401

    app.register_blueprint(admin)
