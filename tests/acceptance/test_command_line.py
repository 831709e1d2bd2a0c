"""The command line as an operator uses it, on both databases; what runs on is started in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import run
from engine.clock import ManualClock
from engine.commands import CompleteTask
from engine.records import Actor
from storage.database import connect
from storage.tables import metadata, tokens
from tests.acceptance.callers import COMPANY, ENERGY, Caller, apply
from webapp.auth.passwords import verify
from webapp.settings import DEMO_SECRET

ROOT = Path(run.__file__).parent
SECRET = "0123456789abcdef0123456789abcdef"
CHINESE = re.compile("[\u4e00-\u9fff]")


class Operator:
    """A shell with settings of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.settings = {"YICHUANG_HOME": str(home), "YICHUANG_DATABASE_URL": url}
        self.home, self.url = home, url

    def __call__(self, *arguments: str | Path, say: str = "", **settings: str) -> Result:
        cleared = {name: None for name in os.environ if name.startswith("YICHUANG_")}
        environment = {**cleared, **self.settings, **settings}
        return CliRunner().invoke(run.cli, [str(one) for one in arguments], input=say, env=environment)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """The same in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YICHUANG_")}
        return subprocess.Popen(
            [sys.executable, str(ROOT / "run.py"), *arguments],
            env={**kept, **self.settings, **settings, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
        )

    def rows(self) -> dict[str, list[Any]]:
        """Everything in the database."""
        database = connect(self.url)
        with database.reading() as connection:
            found = {table.name: connection.execute(table.select()).all() for table in metadata.sorted_tables}
        database.close()
        return found


@pytest.fixture
def operator(tmp_path: Path, database_url: str) -> Operator:
    """Before a migrated, empty database."""
    return Operator(tmp_path, database_url)


@pytest.fixture
def newcomer(tmp_path: Path, blank_url: str) -> Operator:
    """Before a database without any table."""
    return Operator(tmp_path, blank_url)


def said(done: Result, code: int) -> str:
    """What a command said that must end with ``code``."""
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


# ---- help


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(commands(run.cli)), ids=" ".join)
def test_every_command_explains_itself_in_chinese(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(run.cli, [*path, "--help"])
    assert shown.exit_code == 0
    command: click.Command = run.cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert CHINESE.search(command.help or "")
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert all(CHINESE.search(option.help or "") for option in options), [o.name for o in options]
    assert "显示这段说明" in shown.output


# ---- settings


def test_every_setting_is_described_and_everything_described_is_a_setting() -> None:
    described = re.findall(r"^\| `(YICHUANG_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.M)
    assert described
    assert sorted(described) == sorted(f"YICHUANG_{field.name.upper()}" for field in fields(run.Settings))


def test_the_defaults_are_those_described() -> None:
    table = (ROOT / "docs" / "settings.md").read_text("utf-8")
    written = dict(re.findall(r"^\| `(YICHUANG_[A-Z_]+)` \| `([^`]+)` \|", table, re.M))
    settings = run.Settings()
    for name, value in written.items():
        default = getattr(settings, name.removeprefix("YICHUANG_").lower())
        assert str(default).lower() == value.lower() or name == "YICHUANG_HOME", name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("THREADS", "-1"),
        ("TICKER", "maybe"),
        ("SECURE_COOKIES", "2"),
        ("PROXIES", "one"),
        ("MAX_UPLOAD_MB", "0"),
        ("ENVIRONMENT", "staging"),
        ("PUBLIC_URL", "javascript:alert(1)"),
    ],
)
def test_a_value_that_cannot_be_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(click.UsageError, match=f"YICHUANG_{name}"):
        run.Settings.read({f"YICHUANG_{name}": value})


def test_settings_are_read_and_what_is_set_to_nothing_is_not_set(tmp_path: Path) -> None:
    given = {
        "HOME": str(tmp_path),
        "PORT": "9000",
        "TICKER": "no",
        "CENTRE_NAME": "灵山县政务服务中心",
        "CENTRE_PHONE": "0777-6428820",
        "SITE_NAME": "",
        "DATABASE_URL": "",
    }
    settings = run.Settings.read({f"YICHUANG_{name}": value for name, value in given.items()})
    assert (settings.home, settings.port, settings.ticker) == (tmp_path, 9000, False)
    assert (settings.site_name, settings.url) == ("政务服务", f"sqlite:///{tmp_path / 'yichuang.sqlite3'}")
    platform = run.build(settings)
    centre = platform.app().extensions["yichuang.web"].centre
    platform.database.close()
    assert (centre.name, centre.phone, centre.address) == ("灵山县政务服务中心", "0777-6428820", None)


@pytest.mark.parametrize("secret", [None, "short", DEMO_SECRET])
@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("worker",), ("demo",)], ids=" ".join)
def test_production_refuses_the_demo_secret(tmp_path: Path, command: Sequence[str], secret: str | None) -> None:
    settings = {"YICHUANG_ENVIRONMENT": "production", **({"YICHUANG_SECRET_KEY": secret} if secret else {})}
    environment = {"YICHUANG_HOME": str(tmp_path), "YICHUANG_SECRET_KEY": "", **settings}
    done = CliRunner().invoke(run.cli, command, env=environment)
    assert done.exit_code == 2
    assert "YICHUANG_SECRET_KEY" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("demo",), ("serve", "--demo")], ids=" ".join)
def test_production_refuses_the_demo(newcomer: Operator, command: Sequence[str]) -> None:
    done = newcomer(*command, YICHUANG_ENVIRONMENT="production", YICHUANG_SECRET_KEY=SECRET)
    assert "演示数据" in said(done, 2)
    platform = run.build(run.Settings(home=newcomer.home, database_url=newcomer.url))
    assert platform.services.health()["tables"] != "ok"
    platform.database.close()


def test_a_database_of_another_kind_or_far_away_is_told(tmp_path: Path) -> None:
    operator = Operator(tmp_path, "mysql://localhost/x")
    assert "YICHUANG_DATABASE_URL" in said(operator("migrate"), 1)
    nowhere = Operator(tmp_path, f"postgresql+psycopg://nobody@/x?host={tmp_path}")
    for command in (("migrate",), ("serve",), ("token", "x")):
        assert "数据库没有应答" in said(nowhere(*command), 1)


# ---- migrate, deploy


def test_migrating_twice_changes_nothing(newcomer: Operator) -> None:
    for command in (("serve",), ("worker",), ("token", "x"), ("deploy", run.BPMN)):
        assert "migrate" in said(newcomer(*command), 1)
    assert "最新" in said(newcomer("migrate"), 0)
    before = newcomer.rows()
    assert "最新" in said(newcomer("migrate"), 0)
    assert newcomer.rows() == before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ``bpmn`` folder of one's own with two items."""
    root = tmp_path / "mine"
    for part in ("_shared", "lingshan/energy-review", "lingshan/feasibility"):
        shutil.copytree(run.BPMN / part, root / part)
    for part in ("roles.yaml", "lingshan/agency.yaml"):
        shutil.copy(run.BPMN / part, root / part)
    return root


def test_deploying_publishes_everything_once_with_its_organisations(operator: Operator, folder: Path) -> None:
    told = said(operator("deploy", folder, "--note", "首次"), 0)
    assert re.findall(r"^(\S+)  第 1 版  ", told, re.M) == ["lingshan-energy-review", "lingshan-feasibility"]
    rows = operator.rows()
    assert {row.code for row in rows["organisations"]} >= {"450721-spj", "450721-zf"}
    said(operator("deploy", folder), 0)
    assert operator.rows() == rows
    item = folder / "lingshan" / "feasibility" / "item.yaml"
    item.write_text(item.read_text("utf-8").replace("contact: ", "contact: 0777-1234567 # ", 1), "utf-8")
    told = said(operator("deploy", folder), 0)
    assert re.findall(r"^\S+  第 (\d) 版  ", told, re.M) == ["1", "2"]


def test_with_one_error_nothing_is_deployed(operator: Operator, folder: Path) -> None:
    diagram = folder / "lingshan" / "feasibility" / "process.bpmn"
    text = diagram.read_text("utf-8").replace("</bpmn:process>", '<bpmn:receiveTask id="odd"/></bpmn:process>', 1)
    diagram.write_text(text, "utf-8")
    before = operator.rows()
    told = said(operator("deploy", folder), 1)
    line = text[: text.index('id="odd"')].count("\n") + 1
    assert f"lingshan/feasibility/process.bpmn:{line}（odd）" in told
    assert operator.rows() == before


def test_a_folder_without_packages_is_told(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "没有流程包" in said(operator("deploy", tmp_path / "empty"), 1)
    said(operator("deploy", tmp_path / "missing"), 2)


# ---- lint


def lint(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(run.cli, ["lint", *map(str, arguments)])
    return done.exit_code, done.output


def test_sound_packages_pass() -> None:
    code, told = lint(run.BPMN / "lingshan")
    assert code == 0
    assert "检查了3个流程包：0个错误" in told
    code, told = lint(run.BPMN / "lingshan" / "energy-review" / "process.bpmn", "--format", "json")
    assert code == 0
    assert [row for row in json.loads(told) if row["severity"] == "error"] == []


def test_a_mistake_is_told_with_its_place_to_people_and_to_tools(folder: Path) -> None:
    diagram = folder / "lingshan" / "feasibility" / "process.bpmn"
    text = diagram.read_text("utf-8").replace("</bpmn:process>", '<bpmn:receiveTask id="odd"/></bpmn:process>', 1)
    diagram.write_text(text, "utf-8")
    line = text[: text.index('id="odd"')].count("\n") + 1
    for target, package in ((folder, "lingshan/feasibility"), (diagram, str(diagram))):
        code, told = lint(target)
        assert code == 1
        assert f"process.bpmn:{line}（odd）" in told
        code, told = lint(target, "--format", "json")
        assert code == 1
        found = [row for row in json.loads(told) if row["element"] == "odd" and row["rule"] == "unsupported-element"]
        assert [(row["package"], row["line"], row["severity"]) for row in found] == [(package, line, "error")]


@pytest.mark.parametrize("content", [b"", b"not xml", b"\xff\xfe", b"<!DOCTYPE a><a/>"], ids=repr)
def test_a_file_that_is_no_diagram_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.bpmn"
    path.write_bytes(content)
    code, told = lint(path)
    assert (code, "odd.bpmn" in told) == (1, True)
    assert lint(tmp_path / "none.bpmn")[0] == 2
    assert lint()[0] == 2


# ---- accounts


def test_a_first_administrator_is_made_from_standard_input(operator: Operator) -> None:
    command = ("admin", "create", "root1", "--name", "系统管理员")
    for password, words in (("short", "至少"), ("12345678", "常见"), ("root1-2026!", "用户名"), ("", "至少")):
        assert words in said(operator(*command, say=f"{password}\n"), 1)
        assert operator.rows()["users"] == []
        assert operator.rows()["organisations"] == []
    assert "root1" in said(operator(*command, say="荔枝红了-2026\r\nsecond line\n"), 0)
    (user,) = operator.rows()["users"]
    assert verify(user.password_hash, "荔枝红了-2026")
    assert "荔枝红了" not in user.password_hash
    assert {row.group for row in operator.rows()["memberships"]} == {"platform:admin", "platform:analyst"}
    assert "已被使用" in said(operator(*command, say="荔枝红了-2026\n"), 1)
    for username in ("Root", "a", "x y", "", "长名字"):
        assert "小写字母" in said(operator("admin", "create", username, "--name", "某", say="荔枝红了-2026\n"), 1)


def test_what_is_refused_is_said_without_a_traceback(operator: Operator, started: list[subprocess.Popen[str]]) -> None:
    started.append(operator.start("token", "nobody"))
    told, errors = started[0].communicate(timeout=120)
    assert (started[0].returncode, told, errors) == (1, "", "错误：没有这个账号：nobody\n")


def test_a_token_opens_the_interface_and_only_its_hash_is_kept(operator: Operator) -> None:
    said(operator("admin", "create", "root1", "--name", "系统管理员", say="荔枝红了-2026\n"), 0)
    token = said(operator("token", "root1", "--label", "对账"), 0).strip()
    assert len(token) >= 43
    (row,) = operator.rows()[tokens.name]
    assert (row.token_hash, row.label) == (hashlib.sha256(token.encode()).hexdigest(), "对账")
    assert token not in str(operator.rows())
    platform = run.build(run.Settings(home=operator.home, database_url=operator.url))
    client = platform.app().test_client()
    assert client.get("/api/v1/definitions", headers={"Authorization": f"Bearer {token}"}).json == {"definitions": []}
    assert client.get("/api/v1/definitions", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    platform.database.close()
    assert "没有这个账号" in said(operator("token", "nobody"), 1)


# ---- serve, worker


def ask(url: str) -> tuple[int, Mapping[str, Any]]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, json.load(answer)


def test_the_server_tells_its_address_answers_and_ends_when_told(
    operator: Operator, started: list[subprocess.Popen[str]]
) -> None:
    server = operator.start("serve", YICHUANG_PORT="0")
    started.append(server)
    assert server.stdout is not None
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
    assert ask(f"{address}/readyz") == (
        200,
        {"status": "ok", "checks": {"database": "ok", "tables": "ok", "files": "ok"}},
    )
    assert ask(f"{address}/healthz") == (200, {"status": "ok"})
    assert ask(f"{address}/api/v1/items") == (200, {"items": []})
    server.send_signal(signal.SIGTERM)
    rest, errors = server.communicate(timeout=60)
    assert (server.returncode, errors) == (0, ""), rest


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_the_clock_of_its_own_fires_what_is_due_and_ends_when_told(
    operator: Operator, started: list[subprocess.Popen[str]], ending: signal.Signals
) -> None:
    # handed in half a year ago: the task's limit has passed, and its cards are due
    clock = ManualClock(datetime.now(UTC) - timedelta(days=180))
    platform = run.build(run.Settings(home=operator.home, database_url=operator.url), clock)
    run.deploy_paths(platform, [run.BPMN / "lingshan"], by="测试", note="")
    run.load_people(platform.services, run.BPMN)
    app, services = platform.app(), platform.services
    case_no = apply(Caller(app, platform, COMPANY))
    view = services.cases.view(case_no)
    assert view is not None
    staff = next(user for user in services.accounts.staff() if user.username == "ls_chen")
    who = Actor(staff.user_id, staff.name, staff.org, staff.groups)
    reviewed = dict.fromkeys(("scope", "truth", "lawful", "signed"), "ok") | {"missing": ["energy_report"]}
    services.execute(CompleteTask(who, view.tasks[0].task_id, "supplement", "缺少签章页", reviewed))
    worker = operator.start("worker")
    started.append(worker)
    for _ in range(600):
        view = services.cases.view(case_no)
        if view is not None and view.case.status == "concluded":
            break
        assert worker.poll() is None, worker.communicate()
        time.sleep(0.1)
    assert view is not None
    # thirty days without an answer: the diagram's timer has ended the case
    assert (view.case.item_key, view.case.result) == (ENERGY, "lapsed")
    platform.database.close()
    worker.send_signal(ending)
    told, errors = worker.communicate(timeout=60)
    assert (worker.returncode, errors) == (0, "")
    assert "时钟已停止" in told
