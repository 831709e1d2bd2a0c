"""The blueprint of the clerk's pages, below ``/work``."""

from __future__ import annotations

from flask import Blueprint

work = Blueprint("work", __name__, url_prefix="/work")
