"""The clerk's side: inbox, task, cases."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from webapp.casework import org_name
    from webapp.inbox import acts, cases, daybar, lists, messages, tasks  # noqa: F401
    from webapp.inbox.blueprint import work

    app.jinja_env.globals.update(bars=daybar.bars, days_in_words=daybar.in_words, org_name=org_name)
    app.register_blueprint(work)
