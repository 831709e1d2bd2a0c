"""What every template knows: site, account, elder mode."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from webapp.config import web_config
from webapp.identity import account
from webapp.services import services

#: cookie of the larger print (适老版)
ELDER = "yc_elder"


def _every_page() -> dict[str, Any]:
    return {
        "site": web_config(),
        "account": account,
        "elder": request.cookies.get(ELDER) == "1",
        "now": services().clock.now,
    }


def init_app(app: Flask) -> None:
    app.context_processor(_every_page)
