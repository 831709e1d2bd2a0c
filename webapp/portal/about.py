"""What the site says of itself."""

from __future__ import annotations

from flask import render_template

from webapp.portal import bp


@bp.get("/help")
def help() -> str:
    return render_template("portal/help.html")


@bp.get("/accessibility")
def accessibility() -> str:
    return render_template("portal/accessibility.html")
