"""Settings of the web layer; ``run.py`` fills them from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServiceCentre:
    """The service centre behind the site: what the foot of each page says; a field left None is left out."""

    name: str | None = None
    address: str | None = None
    hours: str | None = None
    phone: str | None = None
    complaints: str | None = None


@dataclass(frozen=True, slots=True)
class WebConfig:
    #: signs sessions and CSRF tokens
    secret_key: str
    #: the installation's own directory
    home: Path
    #: beside the mark: whose services these are
    site_name: str = "政务服务"
    #: where the site is reached from outside, for QR codes: ``https://zw.example.gov.cn``; None: as the request says
    public_url: str | None = None
    #: demo accounts are shown on the sign-in page
    demo: bool = False
    #: guessing at passwords and case numbers is slowed down; off only in tests
    limit_requests: bool = True
    #: cookies only over HTTPS
    secure_cookies: bool = False
    #: largest request; a page of several files counts as one
    max_upload_bytes: int = 64 * MEGABYTE
    #: what the files of one application may weigh together
    max_case_bytes: int = 200 * MEGABYTE
    #: number of trusted proxies in front
    proxies: int = 0
    centre: ServiceCentre = field(default_factory=ServiceCentre)


def web_config() -> WebConfig:
    """The settings of the running application."""
    return cast(WebConfig, current_app.extensions["yichuang.web"])
