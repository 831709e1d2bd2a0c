"""Web security in one place: headers, CSRF tokens, request limits, what browsers may keep.

Numbers in brackets are those of OWASP ASVS 5.0.
"""

from __future__ import annotations

from flask import Flask, Response, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect

from webapp.auth.session import bears_token
from webapp.config import WebConfig

#: nothing from elsewhere, nothing inline, no frames [3.4.3, 3.4.6]; data: images are Bootstrap's own arrows and ticks
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}

#: attempts per address; a service hall shares one address, the account's own lock does the finer work
GUESSING = "30 per minute; 300 per hour"

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def init_app(app: Flask) -> None:
    config: WebConfig = app.extensions["yichuang.web"]
    if config.secure_cookies:
        # [3.3.1] bound to this host and to HTTPS
        app.config["SESSION_COOKIE_NAME"] = "__Host-" + app.config["SESSION_COOKIE_NAME"]
    # a token lives as long as its session: an opinion may take more than an hour to write
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, RATELIMIT_ENABLED=config.limit_requests)
    Talisman(
        app,
        force_https=False,
        strict_transport_security=config.secure_cookies,
        session_cookie_secure=config.secure_cookies,
        frame_options="DENY",
        content_security_policy=CONTENT_SECURITY_POLICY,
        referrer_policy="same-origin",
        permissions_policy={"camera": "()", "geolocation": "()", "microphone": "()", "payment": "()", "usb": "()"},
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_keep_private)


def protect_from_forgery() -> None:
    """Refuse a changing request without the session's token [3.5.1].

    A bearer token is not sent by a browser on its own, and neither is anything else when there is no session: such
    calls of the API need none.
    """
    if bears_token() or (request.path.startswith("/api/") and not session):
        return
    csrf.protect()


def _keep_private(response: Response) -> Response:
    """What was answered to somebody in particular stays out of every cache [14.3.2]."""
    if request.endpoint != "static" and (session or "Authorization" in request.headers):
        response.headers["Cache-Control"] = "no-store"
    return response
