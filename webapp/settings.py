"""Everything that can be set from outside, read from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import click

from engine.delivery import OnSite
from engine.ports import Sender
from webapp.config import MEGABYTE, ServiceCentre, WebConfig
from webapp.gateway import HttpGateway, checked

DEMO_SECRET = "yichuang-demo-secret-not-for-production"  # noqa: S105 -- refused outside the demo, see Settings.check


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, each as ``YICHUANG_<NAME>``; described in docs/settings.md."""

    #: where database and files live by default
    home: Path = Path(__file__).resolve().parents[1] / "var"
    #: SQLAlchemy URL; empty: SQLite in ``home``
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    #: signs sessions; required unless ``environment`` is ``demo``
    secret_key: str = DEMO_SECRET
    #: ``demo`` or ``production``
    environment: str = "demo"
    #: web worker processes and threads in each
    workers: int = 1
    threads: int = 8
    #: whether this serving process also runs the clock's tick
    ticker: bool = True
    #: number of reverse proxies in front that set X-Forwarded-*
    proxies: int = 0
    #: cookies only over HTTPS
    secure_cookies: bool = False
    #: the largest request accepted, in MB
    max_upload_mb: int = 60
    #: name of the hall, shown in the portal's header
    site_name: str = "政务服务"
    #: where citizens reach the site; empty: as the request says
    public_url: str = ""
    #: where messages are posted to; empty: they are listed on the site and sent nowhere
    message_url: str = ""
    #: bearer token for it
    message_token: str = field(default="", repr=False)
    #: the service centre behind the site, told at the foot of each page; what is empty is left out
    centre_name: str = ""
    centre_address: str = ""
    centre_hours: str = ""
    centre_phone: str = ""
    centre_complaints: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings from the environment; click.UsageError names the one that cannot be read.

        A variable that is set to nothing counts as not set.
        """
        values: dict[str, Any] = {}
        for one in fields(cls):
            if raw := environ.get(f"YICHUANG_{one.name.upper()}"):
                try:
                    values[one.name] = CONVERTERS[str(one.type)](raw)
                except (KeyError, ValueError):
                    raise click.UsageError(f"YICHUANG_{one.name.upper()} 的值不对：{raw!r}") from None
        return cls(**values).check()

    def check(self) -> Settings:
        """Refuse what cannot be, and what must not reach production."""
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise click.UsageError(f"YICHUANG_{name.upper()} 应在 {least} 至 {most} 之间")
        if self.public_url and not self.public_url.startswith(("https://", "http://")):
            raise click.UsageError("YICHUANG_PUBLIC_URL 应以 https:// 或 http:// 开头")
        if self.environment not in {"demo", "production"}:
            raise click.UsageError("YICHUANG_ENVIRONMENT 应为 demo 或 production")
        if self.environment == "production" and (self.secret_key == DEMO_SECRET or len(self.secret_key) < 32):
            raise click.UsageError(
                "正式运行必须把 YICHUANG_SECRET_KEY 设为至少 32 个字符的随机值，例如：\n"
                "  python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        if self.message_url:
            checked(self.message_url, tls_only=self.environment == "production")
        return self

    @property
    def sender(self) -> Sender:
        """What carries messages out."""
        return HttpGateway(self.message_url, self.message_token) if self.message_url else OnSite()

    @property
    def web(self) -> WebConfig:
        """What the web layer needs of them."""
        centre = {one.name: getattr(self, f"centre_{one.name}") or None for one in fields(ServiceCentre)}
        return WebConfig(
            secret_key=self.secret_key,
            home=self.home,
            site_name=self.site_name,
            public_url=self.public_url or None,
            demo=self.environment == "demo",
            secure_cookies=self.secure_cookies,
            max_upload_bytes=self.max_upload_mb * MEGABYTE,
            proxies=self.proxies,
            centre=ServiceCentre(**centre),
        )

    @property
    def url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.home / 'yichuang.sqlite3'}"


CONVERTERS: dict[str, Callable[[str], object]] = {
    "Path": lambda raw: Path(raw).expanduser().resolve(),
    "str": str,
    "int": int,
    "bool": lambda raw: {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[raw.lower()],
}


#: least and most of what is counted
BOUNDS: Mapping[str, tuple[int, int]] = {
    "port": (0, 65535),
    "workers": (1, 256),
    "threads": (1, 1024),
    "proxies": (0, 10),
    "max_upload_mb": (1, 10_000),
}
