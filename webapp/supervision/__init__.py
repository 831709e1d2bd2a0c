"""Supervision (电子监察): the live board, the lists behind its numbers, warnings and what is done about them."""

from __future__ import annotations

from flask import Blueprint, Flask

supervision = Blueprint("supervision", __name__, url_prefix="/work/supervision")


def init_app(app: Flask) -> None:
    from webapp.supervision import board, export, lists, warnings  # noqa: F401

    app.register_blueprint(supervision)
