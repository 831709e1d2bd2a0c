"""QR codes as SVG, drawn with attributes only, as the content security policy wants it."""

from __future__ import annotations

import segno
from flask import request, url_for
from markupsafe import Markup

from webapp.config import web_config


def qr(text: str, label: str) -> Markup:
    """The QR code of ``text``; ``label`` is what a screen reader says of it."""
    code = segno.make(text, error="m", micro=False)
    width, height = code.symbol_size(border=0)
    rows = [
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(code.matrix_iter(border=0)) for x, dark in enumerate(row) if dark
    ]
    return Markup(
        '<svg class="yc-qr" viewBox="0 0 {w} {h}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        '<path d="{path}"/></svg>'
    ).format(w=width, h=height, label=label, path="".join(rows))


def outside(endpoint: str, **values: str) -> str:
    """The address of a page as it is reached from outside."""
    path = url_for(endpoint, **values)
    return (web_config().public_url or request.url_root).rstrip("/") + path
