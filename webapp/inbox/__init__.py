"""The clerk's side: inbox, task, cases."""

from __future__ import annotations

from flask import Flask

from webapp.inbox.blueprint import work


def init_app(app: Flask) -> None:
    from webapp.inbox import acts, cases, desk, lists  # noqa: F401

    app.register_blueprint(work)
