"""一窗 Yichuang: settings from the environment, wiring, command line.

The only place where engine, processes, storage and webapp meet.  ``python run.py --help`` lists the commands.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import click
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from engine.clock import Clock, SystemClock
from engine.errors import YichuangError
from engine.service import Engine
from engine.sweep import Sweeper
from processes.catalog import Catalog
from storage.calendars import StatutoryCalendars
from storage.database import Database, connect
from storage.uow import UnitOfWork
from webapp.app import WebConfig, create_app
from webapp.services import Services

ROOT = Path(__file__).resolve().parent
DEMO_SECRET = "yichuang-demo-secret-not-for-production"  # noqa: S105 -- refused outside the demo, see Settings.check
TICK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, each as ``YICHUANG_<NAME>``; described in docs/settings.md."""

    #: where database and files live by default
    home: Path = ROOT / "var"
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

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings from the environment; click.UsageError names the one that cannot be read."""
        values = {}
        for field in fields(cls):
            raw = environ.get(f"YICHUANG_{field.name.upper()}")
            if raw is not None:
                try:
                    values[field.name] = CONVERTERS[str(field.type)](raw)
                except (KeyError, ValueError):
                    raise click.UsageError(f"YICHUANG_{field.name.upper()} 的值不对：{raw!r}") from None
        return cls(**values).check()

    def check(self) -> Settings:
        """Refuse what must not reach production."""
        if self.environment not in {"demo", "production"}:
            raise click.UsageError("YICHUANG_ENVIRONMENT 应为 demo 或 production")
        if self.environment == "production" and (self.secret_key == DEMO_SECRET or len(self.secret_key) < 32):
            raise click.UsageError(
                "正式运行必须把 YICHUANG_SECRET_KEY 设为至少 32 个字符的随机值，例如：\n"
                "  python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return self

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


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts, wired."""

    settings: Settings
    database: Database
    catalog: Catalog
    clock: Clock
    engine: Engine
    sweeper: Sweeper
    services: Services

    def app(self) -> Flask:
        """The web application."""
        settings = self.settings
        return create_app(
            self.services,
            WebConfig(
                secret_key=settings.secret_key,
                home=settings.home,
                site_name=settings.site_name,
                demo=settings.environment == "demo",
                secure_cookies=settings.secure_cookies,
                max_upload_bytes=settings.max_upload_mb * 1024 * 1024,
                proxies=settings.proxies,
            ),
        )


def build(settings: Settings, clock: Clock | None = None) -> Platform:
    """Wire the parts; opens the database, changes nothing in it."""
    clock = clock or SystemClock()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = connect(settings.url)
    store = SqlDefinitionStore(database)
    catalog = Catalog(store)
    directory = SqlDirectory(database)
    calendars = StatutoryCalendars()
    unit_of_work = partial(SqlUnitOfWork, database)
    engine = Engine(unit_of_work, catalog, directory, calendars, clock)
    services = Services(
        execute=engine.execute,
        clock=clock,
        calendars=calendars,
        directory=directory,
        accounts=SqlAccounts(database),
        inbox=SqlInbox(database),
        cases=SqlCaseQueries(database),
        catalog=SqlCatalog(database),
        store=store,
        definitions=catalog,
        packages=catalog.packages,
        drafts=SqlDrafts(database),
        files=SqlFiles(database, settings.home / "files"),
        publish=partial(publish_folder, store=store, clock=clock),
        health=partial(check_health, database),
    )
    return Platform(settings, database, catalog, clock, engine, Sweeper(engine, unit_of_work, clock), services)


def start_ticker(platform: Platform) -> BackgroundScheduler:
    """Let time act: APScheduler calls the sweep in this process every few seconds.

    Several processes may do so at once; each deadline is acted on once (see engine.sweep).
    """
    scheduler = BackgroundScheduler(job_defaults={"max_instances": 1, "coalesce": True})
    scheduler.add_job(platform.sweeper.sweep, "interval", seconds=TICK_SECONDS, id="sweep")
    scheduler.start()
    return scheduler


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """一窗 —— 以 BPMN 流程图为程序的政务服务审批平台。"""


@cli.command()
def migrate() -> None:
    """建立或升级数据库的表。"""
    platform = build(Settings.read())
    migrations.upgrade(platform.database)
    click.echo("数据库已是最新。")


@cli.command()
@click.option("--demo", "with_demo", is_flag=True, help="先升级数据库、发布 bpmn/、装入演示数据")
def serve(with_demo: bool) -> None:
    """启动网站（默认 127.0.0.1:8000）。"""
    settings = Settings.read()
    if with_demo:
        demo_data(settings)
    Server(settings).run()


if __name__ == "__main__":
    cli()
