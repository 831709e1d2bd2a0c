"""一窗 Yichuang: settings from the environment, wiring, command line.

The only place where engine, processes, storage and webapp meet.  ``python run.py --help`` lists the commands.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import click
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from sqlalchemy.exc import SQLAlchemyError

from engine.almanac import stretches, workdays_in
from engine.clock import Clock, ManualClock, SystemClock
from engine.delivery import Courier, OnSite
from engine.doctor import ALL, TRAIL, Examination, report
from engine.errors import InvalidDefinition, InvalidValue, UnknownUser, YichuangError
from engine.recomputing import Recomputer
from engine.records import SYSTEM
from engine.repairs import Repairs
from engine.rulebook import FIRST_YEAR, LAST_YEAR, NATIONAL, DayKind
from engine.service import Engine, new_id
from engine.sweep import Sweeper
from engine.views import CaseQuery, VersionRow
from processes.agencies import read_agencies
from processes.catalog import Catalog
from processes.holidays import read_holidays
from processes.lint import format_json, format_text
from processes.lint import lint as lint_path
from processes.package import read_package
from processes.problems import errors
from processes.publish import prove, proved, publish_found, publish_package
from storage.accounts import Accounts
from storage.calendar_jobs import CalendarJobs
from storage.calendars import Calendars
from storage.database import Database, connect
from storage.definitions import DefinitionStore
from storage.directory import Directory
from storage.drafts import DraftStore
from storage.files import Files
from storage.migrations import migrate as upgrade
from storage.migrations import newest, revision
from storage.queries.casefiles import CaseFiles
from storage.queries.cases import CaseQueries
from storage.queries.catalog import CatalogQueries
from storage.queries.colleagues import Colleagues
from storage.queries.inbox import Inbox
from storage.queries.incidents import Incidents
from storage.queries.messages import Messages
from storage.queries.supervision import SupervisionQueries
from storage.uow import unit_of_work
from webapp.app import create_app
from webapp.auth.session import token_hash
from webapp.console import FORMAT, Commands
from webapp.demo import demo_accounts, load_people, play_cases
from webapp.services import Services
from webapp.settings import Settings
from webapp.staffing import PLATFORM, make_known, new_administrator

ROOT = Path(__file__).resolve().parent
BPMN = ROOT / "bpmn"
TICK_SECONDS = 15
#: what a fresh demonstration shows: so many cases, handed in over so many days
CASES, DAYS = 120, 35


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts, wired."""

    settings: Settings
    database: Database
    engine: Engine
    sweeper: Sweeper
    courier: Courier
    recomputer: Recomputer
    calendars: Calendars
    services: Services

    def app(self) -> Flask:
        """The web application."""
        return create_app(self.services, self.settings.web)


def build(settings: Settings, clock: Clock | None = None) -> Platform:
    """Wire the parts; opens the database, changes nothing in it."""
    clock = clock or SystemClock()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = connect(settings.url)
    store = DefinitionStore(database)
    catalog = Catalog(store)
    directory = Directory(database)
    accounts = Accounts(database, directory)
    files = Files(database, settings.home / "files")
    calendars = Calendars(database, directory)
    uow = unit_of_work(database)
    engine = Engine(uow, catalog, directory, calendars, clock)
    agencies, _ = read_agencies(BPMN)
    services = Services(
        execute=engine.execute,
        recall=engine.recall,
        foresee=engine.foresee,
        clock=clock,
        calendars=calendars,
        directory=directory,
        accounts=accounts,
        inbox=Inbox(database),
        cases=CaseQueries(database),
        supervision=SupervisionQueries(database),
        catalog=CatalogQueries(database),
        store=store,
        definitions=catalog,
        packages=catalog.packages,
        drafts=DraftStore(database, files),
        files=files,
        messages=Messages(database),
        incidents=Incidents(database),
        repairs=Repairs(engine.execute, uow, directory, clock, new_id),
        publish=partial(publish_folder, store, accounts, clock),
        health=partial(health, database, settings.home),
        colleagues=Colleagues(database),
        ways_back=engine.ways_back,
        roles=agencies.roles,
    )
    sweeper, courier = Sweeper(engine, uow, clock), Courier(uow, settings.sender, clock)
    recomputer = Recomputer(engine, CalendarJobs(database, directory), clock)
    return Platform(settings, database, engine, sweeper, courier, recomputer, calendars, services)


def prepare(platform: Platform) -> None:
    """Bring the tables up to date, and the years of the calendar that come with the software."""
    upgrade(platform.database)
    platform.calendars.seed(platform.services.clock.now())


def publish_folder(
    store: DefinitionStore, accounts: Accounts, clock: Clock, key: str, folder: Path, *, by: str, note: str
) -> VersionRow:
    """Publish the package laid out in ``folder``; it may call what ``bpmn/_shared`` holds."""
    package = read_package(folder, BPMN / "_shared")
    if package.key != key:
        raise InvalidDefinition(f"item.yaml 的 key 是“{package.key}”，不是“{key}”。", place="item.yaml")
    agencies, _ = read_agencies(BPMN)
    row = publish_package(package, store, agencies, by=by, note=note, at=clock.now())
    make_known(agencies.organisations, accounts)
    return row


def health(database: Database, home: Path) -> dict[str, str]:
    """Whether the database answers, its tables are those of this code, and files can be kept."""
    try:
        tables = revision(database)
    except (YichuangError, SQLAlchemyError):
        return {"database": "数据库没有应答"}
    return {
        "database": "ok",
        "tables": "ok" if tables == newest_tables() else "数据库的表不是最新的，请运行 python run.py migrate",
        "files": "ok" if os.access(home, os.W_OK) else "不能写入 YICHUANG_HOME",
    }


@cache
def newest_tables() -> str:
    """The revision of the tables that this code needs."""
    return newest()


def deploy_paths(platform: Platform, paths: Sequence[Path], by: str, note: str) -> Sequence[VersionRow]:
    """Publish packages and the organisations that work them: all, or nothing when there is an error in any."""
    services, found = platform.services, proved(paths)
    make_known(found.organisations, services.accounts)
    return publish_found(found, services.store, by=by, note=note, at=services.clock.now())


def tick(platform: Platform, scheduler: BaseScheduler) -> None:
    """Let time act and messages go out: APScheduler calls sweep and courier every few seconds.

    Any number of processes may do so at once; each deadline is acted on once (see engine.sweep), and no message is in
    two hands (see engine.delivery).  They run beside each other: a gateway that does not answer holds up no timer.
    """
    # what came late is done late: a busy moment must not cost a tick
    scheduler.configure(job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None})
    now = datetime.now(UTC)
    scheduler.add_job(platform.sweeper.sweep, "interval", seconds=TICK_SECONDS, id="sweep", next_run_time=now)
    scheduler.add_job(platform.recomputer.work, "interval", seconds=TICK_SECONDS, id="recompute", next_run_time=now)
    scheduler.add_job(platform.courier.deliver, "interval", seconds=TICK_SECONDS, id="deliver", next_run_time=now)
    scheduler.start()


def load_demo(platform: Platform, cases: int) -> None:
    """Tables, procedures, people, and a month of cases; what is there already is left as it is."""
    if platform.settings.environment != "demo":
        raise click.UsageError("正式环境不能装入演示数据。")
    services, clock = platform.services, platform.services.clock
    prepare(platform)
    deploy_paths(platform, [BPMN], by="演示", note="演示数据")
    load_people(services, BPMN)
    if services.cases.page(CaseQuery(limit=1)).rows:
        return
    rehearsal = ManualClock(clock.now() - timedelta(days=DAYS + 1))
    played = build(platform.settings, rehearsal)
    play_cases(services, played.services, played.sweeper.sweep, rehearsal, BPMN, cases=cases, days=DAYS)
    # nobody is to be texted about cases that never were
    Courier(unit_of_work(platform.database), OnSite(), clock).deliver()
    played.database.close()


class Server(BaseApplication):
    """gunicorn over one platform per worker process."""

    def __init__(self, settings: Settings, greeting: str = "") -> None:
        self.settings = settings
        self.greeting = greeting
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        self.cfg.set("bind", f"{settings.host}:{settings.port}")
        self.cfg.set("workers", settings.workers)
        self.cfg.set("threads", settings.threads)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("loglevel", "warning")
        self.cfg.set("control_socket_disable", True)
        self.cfg.set("when_ready", self.greet)

    def greet(self, arbiter: Arbiter) -> None:
        """Tell the address, now that it is open."""
        port = arbiter.LISTENERS[0].sock.getsockname()[1]
        click.echo(f"一窗已启动：http://{self.settings.host}:{port}  （按 Ctrl+C 停止）")
        if self.greeting:
            click.echo(self.greeting)

    def load(self) -> Flask:
        platform = build(self.settings)
        if self.settings.ticker:
            tick(platform, BackgroundScheduler())
        return platform.app()


@contextmanager
def opened() -> Iterator[Platform]:
    """The platform of the settings, ready to work; click.ClickException says what is not."""
    with closing_database(build(Settings.read())) as platform:
        wrong = [result for result in platform.services.health().values() if result != "ok"]
        if wrong:
            raise click.ClickException("；".join(wrong))
        yield platform


@contextmanager
def closing_database(platform: Platform) -> Iterator[Platform]:
    """The platform for as long as it is needed."""
    try:
        yield platform
    finally:
        platform.database.close()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """一窗 —— 以 BPMN 流程图为程序的政务服务审批平台。"""


@cli.command()
def migrate() -> None:
    """建立或升级数据库的表。"""
    with closing_database(build(Settings.read())) as platform:
        if "tables" not in (found := platform.services.health()):
            raise click.ClickException(found["database"])
        prepare(platform)
    click.echo("数据库已是最新。")


@cli.command()
@click.option("--demo", "with_demo", is_flag=True, help="先升级数据库、发布 bpmn/、装入演示数据。")
def serve(with_demo: bool) -> None:
    """启动网站，默认在 127.0.0.1:8000。"""
    settings = Settings.read()
    if with_demo:
        with closing_database(build(settings)) as platform:
            load_demo(platform, CASES)
    with opened():
        pass  # the worker processes open the database anew
    Server(settings, demo_accounts() if with_demo else "").run()


@cli.command()
def worker() -> None:
    """只运行时钟：到时触发定时、亮黄牌红牌、发送消息，不提供网页。"""
    scheduler = BlockingScheduler()
    for ending in (signal.SIGTERM, signal.SIGINT):
        # it may come before the clock has begun to tick
        signal.signal(ending, lambda *_: scheduler.shutdown() if scheduler.running else sys.exit())
    with opened() as platform:
        click.echo("时钟已启动（按 Ctrl+C 停止）。")
        tick(platform, scheduler)
    click.echo("时钟已停止。")


@cli.command()
@click.option(
    "--cases",
    type=click.IntRange(0, 10_000),
    default=CASES,
    show_default=True,
    help="没有办件时，办理这么多个示例办件。",
)
def demo(cases: int) -> None:
    """升级数据库、发布 bpmn/、装入示例机构、人员和办件；可重复执行。"""
    with closing_database(build(Settings.read())) as platform:
        load_demo(platform, cases)
    click.echo(demo_accounts())


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@FORMAT
def lint(paths: Sequence[Path], form: str) -> None:
    """检查流程包、流程图或整个 bpmn/ 目录；有错误时退出码为 1。"""
    found = {str(path): lint_path(path) for path in paths if path.is_file()}
    folders = [path for path in paths if path.is_dir()]
    if folders:
        found |= prove(folders).problems
    click.echo((format_json if form == "json" else format_text)(found))
    if errors([problem for problems in found.values() for problem in problems]):
        sys.exit(1)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="为什么发布。")
def deploy(paths: Sequence[Path], note: str) -> None:
    """检查并发布流程包：全部发布，或有错误时一个也不发布。"""
    with opened() as platform:
        for row in deploy_paths(platform, paths, by="命令行", note=note):
            click.echo(f"{row.key}  第 {row.version} 版  {row.item_name}")


def examine(checks: Collection[int], form: str) -> None:
    """Check what is stored, say what was found, and end with exit code 1 when something was."""
    with opened() as platform:
        services = platform.services
        records = CaseFiles(platform.database)
        examination = Examination(records, services.definitions, services.calendars, services.files, checks)
        found = report(examination, click.echo, as_json=form == "json")
    if found:
        sys.exit(1)


@cli.command()
@click.option("--only", multiple=True, type=click.IntRange(1, 6), help="只检查这一项不变式；可重复。")
@FORMAT
def doctor(only: Sequence[int], form: str) -> None:
    """检查库中的数据是否自相一致（六项不变式）；只读，可在运行中使用；有不符时退出码为 1。"""
    examine(only or ALL, form)


@cli.group()
def audit() -> None:
    """办件留痕。"""


@audit.command("verify")
@FORMAT
def verify_audit(form: str) -> None:
    """逐件核对留痕的序号和校验值；有不符时退出码为 1。"""
    examine({TRAIL}, form)


@cli.command()
@click.argument("username")
@click.option("--label", default="命令行", help="令牌的用途。")
def token(username: str, label: str) -> None:
    """为账号签发一个接口令牌；只显示这一次。"""
    secret = secrets.token_urlsafe(32)
    with opened() as platform:
        accounts = platform.services.accounts
        user = accounts.by_username(username)
        if user is None:
            raise UnknownUser(f"没有这个账号：{username}")
        accounts.add_token(user.user_id, token_hash(secret), label, platform.services.clock.now())
    click.echo(secret)


@cli.group()
def admin() -> None:
    """管理员账号。"""


@admin.command("create")
@click.argument("username")
@click.option("--name", required=True, help="姓名。")
def create_admin(username: str, name: str) -> None:
    """建立第一个系统管理员；密码从终端或标准输入的第一行读取。"""
    with opened() as platform:
        terminal = sys.stdin.isatty()
        password = click.prompt("密码", hide_input=True, confirmation_prompt=True) if terminal else sys.stdin.readline()
        administrator = new_administrator(username, name, password.rstrip("\r\n"))
        platform.services.accounts.add_organisation(PLATFORM)
        platform.services.accounts.add(administrator)
    click.echo(f"已建立系统管理员 {username}。")


@cli.group("calendar")
def calendar_group() -> None:
    """工作日历：导入放假安排，查看各机构的工作日。"""


@calendar_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--why", default="", help="依据；默认取文件里写的来源。")
def import_year(file: Path, why: str) -> None:
    """导入一年的放假安排（.yaml 或 .csv）；同一年再次导入即为更正。"""
    year = read_holidays(file.read_bytes(), file.name)
    with opened() as platform:
        by = replace(SYSTEM, name="命令行")
        change = platform.calendars.publish_year(year, by, platform.services.clock.now(), why or year.source)
    if change is None:
        click.echo(f"{year.year} 年的安排与已有的相同，没有更改。")
        return
    rest = sum(rule.kind is DayKind.REST for rule in year.days)
    click.echo(f"{change.what}：放假 {rest} 天，调休上班 {len(year.days) - rest} 天。涉及的期限将在后台重新计算。")


@calendar_group.command("show")
@click.argument("year", type=click.IntRange(FIRST_YEAR, LAST_YEAR))
@click.option("--org", default=NATIONAL, help="机构代码；不写时为全平台的日历。")
def show_year(year: int, org: str) -> None:
    """列出一年里放假、调休和机构自定的日子。"""
    with opened() as platform:
        if org and platform.services.directory.organisation(org) is None:
            raise InvalidValue(f"没有编码为“{org}”的机构。", place="--org")
        calendar = platform.calendars.of(org or None)
    state = "" if year in calendar.years else "（放假安排尚未公布，暂按周末推算）"
    click.echo(f"{year} 年，工作日 {workdays_in(calendar, year)} 天{state}")
    for one in stretches(calendar, year):
        until = f" 至 {one.last}" if one.days > 1 else ""
        click.echo(f"  {'班' if one.is_open else '休'}  {one.first}{until}  {one.name}")


if __name__ == "__main__":
    cli()
