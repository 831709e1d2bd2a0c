"""一窗 Yichuang: settings from the environment, wiring, command line.

The only place where engine, processes, storage and webapp meet.  ``python run.py --help`` lists the commands.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
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
    engine: Engine
    sweep: Sweep
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
                public_url=settings.public_url or None,
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
    store = DefinitionStore(database)
    catalog = Catalog(store)
    directory = Directory(database)
    calendars = StatutoryCalendars()
    uow = unit_of_work(database)
    engine = Engine(uow, catalog, directory, calendars, clock)
    roles, _ = read_agencies(BPMN)
    services = Services(
        execute=engine.execute,
        foresee=engine.foresee,
        clock=clock,
        calendars=calendars,
        directory=directory,
        accounts=Accounts(database),
        inbox=Inbox(database),
        cases=CaseQueries(database),
        catalog=CatalogQueries(database),
        store=store,
        definitions=catalog,
        packages=catalog.packages,
        drafts=Drafts(database),
        files=Files(database, settings.home / "files"),
        publish=partial(publish_folder, store=store, clock=clock, shared=BPMN / "_shared"),
        health=partial(check, database),
        roles=roles.roles,
    )
    return Platform(settings, database, engine, Sweep(engine.execute, uow, clock), services)


def tick(platform: Platform, scheduler: BaseScheduler) -> None:
    """Let time act: APScheduler calls the sweep every few seconds.

    Any number of processes may do so at once; each deadline is acted on once (see engine.sweep).
    """
    scheduler.configure(job_defaults={"max_instances": 1, "coalesce": True})
    scheduler.add_job(platform.sweep.run, "interval", seconds=TICK_SECONDS, id="sweep")
    scheduler.start()


class Server(BaseApplication):
    """gunicorn over one platform per worker process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        self.cfg.set("bind", f"{settings.host}:{settings.port}")
        self.cfg.set("workers", settings.workers)
        self.cfg.set("threads", settings.threads)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("loglevel", "warning")
        self.cfg.set("control_socket_disable", True)

    def load(self) -> Flask:
        platform = build(self.settings)
        if self.settings.ticker:
            tick(platform, BackgroundScheduler())
        return platform.app()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """一窗 —— 以 BPMN 流程图为程序的政务服务审批平台。"""


@cli.command()
def migrate() -> None:
    """建立或升级数据库的表。"""
    upgrade(build(Settings.read()).database)
    click.echo("数据库已是最新。")


@cli.command()
@click.option("--demo", "with_demo", is_flag=True, help="先升级数据库、发布 bpmn/、装入演示数据。")
def serve(with_demo: bool) -> None:
    """启动网站，默认在 127.0.0.1:8000。"""
    settings = Settings.read()
    if with_demo:
        load_demo(build(settings), CASES)
    click.echo(f"一窗已启动：http://{settings.host}:{settings.port}  （按 Ctrl+C 停止）")
    if with_demo:
        click.echo(demo_accounts())
    Server(settings).run()


@cli.command()
def worker() -> None:
    """只运行时钟：到时触发定时、亮黄牌红牌，不提供网页。"""
    click.echo("时钟已启动（按 Ctrl+C 停止）。")
    tick(build(Settings.read()), BlockingScheduler())


@cli.command()
@click.option("--cases", default=CASES, show_default=True, help="没有办件时，办理这么多个示例办件。")
def demo(cases: int) -> None:
    """升级数据库、发布 bpmn/、装入示例机构、人员和办件；可重复执行。"""
    settings = Settings.read()
    if settings.environment != "demo":
        raise click.UsageError("正式环境不能装入演示数据。")
    load_demo(build(settings), cases)
    click.echo(demo_accounts())


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def lint(paths: Sequence[Path], form: str) -> None:
    """检查流程包、流程图或整个 bpmn/ 目录；有错误时退出码为 1。"""
    found = lint_paths(paths)
    click.echo((format_json if form == "json" else format_text)(found))
    if errors([problem for problems in found.values() for problem in problems]):
        sys.exit(1)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="为什么发布。")
def deploy(paths: Sequence[Path], note: str) -> None:
    """检查并发布流程包：全部发布，或有错误时一个也不发布。"""
    platform = build(Settings.read())
    for row in deploy_paths(platform, paths, note):
        click.echo(f"{row.key}  第 {row.version} 版  {row.item_name}")


@cli.command()
@click.argument("username")
@click.option("--label", default="命令行", help="令牌的用途。")
def token(username: str, label: str) -> None:
    """为账号签发一个接口令牌；只显示这一次。"""
    platform = build(Settings.read())
    user = platform.services.accounts.by_username(username)
    if user is None:
        raise UnknownUser(f"没有这个账号：{username}")
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    platform.services.accounts.add_token(user.user_id, digest, label, platform.services.clock.now())
    click.echo(secret)


@cli.group()
def admin() -> None:
    """管理员账号。"""


@admin.command("create")
@click.argument("username")
@click.option("--name", required=True, help="姓名。")
def create_admin(username: str, name: str) -> None:
    """建立第一个系统管理员；密码从终端或标准输入的第一行读取。"""
    platform = build(Settings.read())
    terminal = sys.stdin.isatty()
    password = click.prompt("密码", hide_input=True, confirmation_prompt=True) if terminal else sys.stdin.readline()
    platform.services.accounts.add(new_administrator(username, name, password.rstrip("\n")))
    click.echo(f"已建立系统管理员 {username}。")


def main() -> None:
    """The command line; what the core refuses is said in one sentence."""
    try:
        cli()
    except YichuangError as error:
        place = f"（{error.place}）" if error.place else ""
        click.echo(f"错误：{error.message}{place}", err=True)
        for problem in getattr(error, "problems", ()):
            click.echo(f"  {problem}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
