"""Addresses of the static files, changed by every change of content so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600


@cache
def _manifest() -> dict[str, dict[str, list[str] | str]]:
    """What the front-end build wrote: source entry → built files."""
    loaded: dict[str, dict[str, list[str] | str]] = json.loads((STATIC / "dist" / "manifest.json").read_text("utf-8"))
    return loaded


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a file below ``static/`` or, by its source name (``src/page.js``), of a built entry."""
    entry = _manifest().get(name)
    if entry:
        return url_for("static", filename=f"dist/{entry['file']}")
    return url_for("static", filename=name, v=_fingerprint(name))


def styles(name: str) -> list[str]:
    """The addresses of the stylesheets that a built script brings along."""
    return [url_for("static", filename=f"dist/{css}") for css in _manifest()[name].get("css", [])]


def _keep(response: Response) -> Response:
    """Named by content, or asked for by fingerprint: nothing to ask again for a year."""
    built = request.path.startswith(url_for("static", filename="dist/"))
    if request.endpoint == "static" and response.status_code == 200 and (built or request.args.get("v")):
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.cache_control.immutable = True
        response.cache_control.no_cache = None
    return response


def init_app(app: Flask) -> None:
    globals_: dict[str, Callable[[str], object]] = {"asset": asset, "styles": styles}
    app.jinja_env.globals.update(globals_)
    app.after_request(_keep)
