"""Sign-in: accounts, passwords, sessions, and who may call which address."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from webapp.auth import door, session, views

    session.init_app(app)
    door.init_app(app)
    app.register_blueprint(views.blueprint)
