"""The Flask application, put together from its parts."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import (
    admin,
    api,
    assets,
    auth,
    context,
    errors,
    formatting,
    forms,
    inbox,
    ledger_view,
    portal,
    probes,
    security,
    supervision,
)
from webapp.config import WebConfig
from webapp.services import Services

#: every part registers its blueprints, filters and hooks itself
PARTS = (
    errors,
    probes,
    assets,
    formatting,
    forms,
    ledger_view,
    context,
    security,
    auth,
    portal,
    inbox,
    supervision,
    admin,
    api,
)


def create_app(services: Services, config: WebConfig) -> Flask:
    """The web application over ``services``; raises whatever a part refuses to start with."""
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=config.max_upload_bytes,
        SESSION_COOKIE_NAME="yichuang",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["yichuang"] = services
    app.extensions["yichuang.web"] = config
    if config.proxies:
        hops = config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for part in PARTS:
        part.init_app(app)
    return app
