"""The checker finds what is wrong in copies broken on purpose, and nothing in one that is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, NullPool, create_engine, text

import run
from engine.doctor import Examination, Violation
from storage.database import connect
from storage.migrations import migrate
from storage.queries.casefiles import CaseFiles
from tests.databases import ENGINES, NewDatabase
from tests.faults.site import Site, key


@dataclass(frozen=True)
class Sound:
    """A database with a case in every situation, and its files."""

    home: Path
    url: str
    copies: Callable[[], object]


@pytest.fixture(scope="module", params=ENGINES)
def sound(
    request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sound]:
    home = tmp_path_factory.mktemp("home")
    with new_database(request.param) as url:
        site = Site.found(home, url)
        site.play_samples()
        # two acts under a key, one of which opens a task
        (task_id,) = site.submit()
        site.execute(site.completion(site.task(task_id)), key("order-1", "clerk-accept"))
        site.close()

        @contextmanager
        def copy() -> Iterator[Site]:
            with copied(request, url, tmp_path_factory) as address:
                mine = tmp_path_factory.mktemp("copy")
                shutil.copytree(home / "files", mine / "files")
                opened = Site.open(mine, address)
                yield opened
                opened.close()

        yield Sound(home, url, copy)


@contextmanager
def copied(request: pytest.FixtureRequest, url: str, folders: pytest.TempPathFactory) -> Iterator[str]:
    """A copy of the database at ``url``."""
    if url.startswith("sqlite"):
        path = folders.mktemp("copy") / "yichuang.sqlite3"
        shutil.copy(url.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    name = url.partition("?")[0].rpartition("/")[2]
    copy = f"{name}_copy"
    admin = create_engine(plain(server.get_uri()), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {copy} TEMPLATE {name}"))
        try:
            yield server.get_uri(copy)
        finally:
            connection.execute(text(f"DROP DATABASE {copy} WITH (FORCE)"))


def plain(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def broken(site: Site, statements: str) -> list[Violation]:
    """What the checker finds after these statements, to which no constraint applies."""
    engine = create_engine(plain(str(site.platform.settings.url)), poolclass=NullPool)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in filter(str.strip, statements.split(";")):
            change(connection, statement)
    return site.violations()


def change(connection: Connection, statement: str) -> None:
    """Execute a statement; ``UNGUARD table`` takes a table's uniqueness away."""
    words = statement.split()
    if words[0] != "UNGUARD":
        result = connection.exec_driver_sql(statement)
        assert result.rowcount, f"nothing was broken: {statement}"
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {words[1]} DROP CONSTRAINT pk_{words[1]}"))
    else:
        connection.execute(text(f"CREATE TABLE bare AS SELECT * FROM {words[1]}"))
        connection.execute(text(f"DROP TABLE {words[1]}"))
        connection.execute(text(f"ALTER TABLE bare RENAME TO {words[1]}"))


CONCLUDED = "450721-260914-0001"
SUPPLEMENT = "450721-260914-0002"
SUBMITTED = "450721-260914-0003"
PAUSED = "450721-260914-0004"
RUNNING = "450721-260914-0006"
OPEN = "(SELECT task_id FROM tasks WHERE case_no = '{}' AND status = 'open')"
DECIDE = f"(SELECT task_id FROM tasks WHERE case_no = '{CONCLUDED}' AND node_id = 'decide')"

#: what is broken → number of the invariant, statements, words of the report, case that it names
BREAKS = {
    "task cancelled, state not": (
        1,
        f"UPDATE tasks SET status = 'cancelled', urgent_at = NULL WHERE case_no = '{SUBMITTED}'",
        "没有待办环节",
        SUBMITTED,
    ),
    "task gone": (1, f"DELETE FROM tasks WHERE case_no = '{SUBMITTED}'", "没有待办环节", SUBMITTED),
    "task in no inbox": (
        1,
        f"UPDATE tasks SET urgent_at = NULL WHERE case_no = '{RUNNING}'",
        "不在任何收件箱",
        RUNNING,
    ),
    "decided twice": (
        2,
        f"INSERT INTO history SELECT case_no, seq + 1000, at, kind, actor_id, actor_name, org, node_id, task_id, facts,"
        f" prev_hash, hash FROM history WHERE kind = 'task_completed' AND task_id = {DECIDE}",
        "办结了 2 次",
        CONCLUDED,
    ),
    "task twice": (
        2,
        f"UNGUARD tasks; INSERT INTO tasks SELECT * FROM tasks WHERE task_id = {DECIDE}",
        "同一环节有 2 行",
        CONCLUDED,
    ),
    "outcome changed": (
        2,
        f"UPDATE tasks SET outcome = 'refused' WHERE task_id = {DECIDE}",
        "办理结果与留痕不同",
        CONCLUDED,
    ),
    "decided by somebody else": (
        2,
        f"UPDATE tasks SET assignee_id = 'u-other' WHERE task_id = {DECIDE}",
        "办理人与留痕不同",
        CONCLUDED,
    ),
    "done without a trace": (
        2,
        f"UPDATE tasks SET status = 'done', urgent_at = NULL WHERE case_no = '{RUNNING}' AND status = 'open'",
        "留痕里没有",
        RUNNING,
    ),
    "opened again": (
        2,
        f"UPDATE tasks SET status = 'open', urgent_at = opened_at WHERE task_id = {DECIDE}",
        "任务表说没有",
        CONCLUDED,
    ),
    "state of another moment": (
        3,
        f"UPDATE cases SET state = (SELECT state FROM cases WHERE case_no = '{SUBMITTED}') WHERE case_no = '{RUNNING}'",
        "流程却没有在等它",
        RUNNING,
    ),
    "state damaged": (
        3,
        f"UPDATE cases SET state = '\\x00' WHERE case_no = '{RUNNING}'",
        "不能读取",
        RUNNING,
    ),
    "definition gone": (3, "DELETE FROM definition_files", "流程状态不能读取", RUNNING),
    "task at another node": (
        3,
        f"UPDATE tasks SET node_id = 'decide' WHERE task_id = {OPEN.format(RUNNING)}",
        "在流程里是",
        RUNNING,
    ),
    "timer gone": (3, f"DELETE FROM timers WHERE case_no = '{SUPPLEMENT}'", "表里没有它的定时", SUPPLEMENT),
    "timer too many": (
        3,
        "INSERT INTO timers (timer_id, case_no, node_id, due_at)"
        f" SELECT 'ffff', '{RUNNING}', node_id, due_at FROM timers",
        "流程却没有停在那里",
        RUNNING,
    ),
    "span ended": (
        3,
        f"UPDATE spans SET ended_at = started_at WHERE case_no = '{PAUSED}'",
        "表里没有它的计时区间",
        PAUSED,
    ),
    "status made up": (
        3,
        f"UPDATE cases SET status = 'concluded' WHERE case_no = '{RUNNING}'",
        "与办结时间不符",
        RUNNING,
    ),
    "word unknown": (3, f"UPDATE cases SET status = 'lost' WHERE case_no = '{RUNNING}'", "记录不能读取", RUNNING),
    "entry gone": (4, f"DELETE FROM history WHERE case_no = '{CONCLUDED}' AND seq = 5", "序号不连续", CONCLUDED),
    "entry changed": (
        4,
        f"UPDATE history SET actor_name = '张三' WHERE case_no = '{CONCLUDED}' AND seq = 5",
        "内容与校验值不符",
        CONCLUDED,
    ),
    "end cut off": (
        4,
        f"DELETE FROM history WHERE case_no = '{CONCLUDED}' AND seq ="
        f" (SELECT max(seq) FROM history WHERE case_no = '{CONCLUDED}')",
        "末条应为",
        CONCLUDED,
    ),
    "history gone": (4, f"DELETE FROM history WHERE case_no = '{CONCLUDED}'", "没有任何留痕", CONCLUDED),
    "head moved": (4, f"UPDATE cases SET history_hash = '' WHERE case_no = '{RUNNING}'", "末条应为", RUNNING),
    "alarm twice": (
        5,
        f"UNGUARD warnings; INSERT INTO warnings SELECT * FROM warnings WHERE case_no = '{RUNNING}'",
        "发了 2 次",
        RUNNING,
    ),
    "alarm lost": (5, f"DELETE FROM warnings WHERE case_no = '{RUNNING}'", "留痕里有、预警表里没有", RUNNING),
    "alarm taken for raised": (5, f"UPDATE cases SET card = 2 WHERE case_no = '{SUBMITTED}'", "记为已发", SUBMITTED),
    "alarm of no deadline": (
        5,
        f"UPDATE warnings SET deadline = 'ffff' WHERE case_no = '{RUNNING}' AND deadline <> 'case'",
        "所指的环节不在任务表里",
        RUNNING,
    ),
    "notice gone": (6, f"DELETE FROM notices WHERE case_no = '{CONCLUDED}'", "发出的文书", CONCLUDED),
    "notice renumbered": (
        6,
        f"UPDATE notices SET number = '灵审受字〔2026〕第000099号' WHERE case_no = '{SUPPLEMENT}'",
        "文号不同",
        SUPPLEMENT,
    ),
    "application gone": (
        6,
        f"DELETE FROM forms WHERE case_no = '{RUNNING}' AND task_id = ''",
        "申请表不在",
        RUNNING,
    ),
    "form of a step gone": (
        6,
        f"DELETE FROM forms WHERE case_no = '{RUNNING}' AND task_id <> ''",
        "填写的表单不在",
        RUNNING,
    ),
    "form of no task": (
        6,
        f"UPDATE forms SET task_id = 'ffff' WHERE case_no = '{RUNNING}' AND node_id = 'accept'",
        "所属的环节不在任务表里",
        RUNNING,
    ),
    "attachment gone": (
        6,
        f"DELETE FROM attachments WHERE case_no = '{CONCLUDED}'",
        "收下的附件",
        CONCLUDED,
    ),
    "attachment of other bytes": (
        6,
        f"UPDATE attachments SET sha256 = '{'0' * 64}' WHERE case_no = '{CONCLUDED}'",
        "内容丢失或被改动",
        CONCLUDED,
    ),
    "attachment of another size": (
        6,
        f"UPDATE attachments SET size = 1 WHERE case_no = '{CONCLUDED}'",
        "记录为 1 字节",
        CONCLUDED,
    ),
    "promise moved": (
        6,
        f"UPDATE cases SET promised_due_at = statutory_due_at WHERE case_no = '{RUNNING}'",
        "承诺期限存为",
        RUNNING,
    ),
    "statutory limit lost": (
        6,
        f"UPDATE cases SET statutory_due_at = NULL WHERE case_no = '{CONCLUDED}'",
        "法定期限存为 无",
        CONCLUDED,
    ),
    "warning moved": (6, f"UPDATE cases SET warn_at = NULL WHERE case_no = '{RUNNING}'", "预警时间存为 无", RUNNING),
    "clock stopped": (6, f"UPDATE cases SET clock = 'paused' WHERE case_no = '{RUNNING}'", "计时状态", RUNNING),
    "limit of a step moved": (
        6,
        f"UPDATE tasks SET due_at = opened_at WHERE task_id = {OPEN.format(RUNNING)}",
        "的期限存为",
        RUNNING,
    ),
    "copy of the deadline stale": (
        6,
        f"UPDATE tasks SET case_due_at = opened_at WHERE task_id = {OPEN.format(RUNNING)}",
        "办件期限与办件不同",
        RUNNING,
    ),
    "case gone": (6, f"DELETE FROM cases WHERE case_no = '{CONCLUDED}'", "属于不存在的办件", CONCLUDED),
    "receipt of no case": (
        6,
        "UPDATE idempotency SET receipt = replace(receipt, '450721-', '999999-')",
        "回执所指的办件不在",
        "999999-260926-0001",
    ),
    "receipt newer than the task": (
        6,
        "UPDATE idempotency SET receipt = replace(receipt, '\"task_version\":2', '\"task_version\":9')",
        "比回执旧",
        "450721-260926-0001",
    ),
    "key without receipt": (6, "UPDATE idempotency SET receipt = NULL", "没有回执", None),
}


def test_a_sound_database_has_no_violation(sound: Sound) -> None:
    with sound.copies() as site:
        assert site.violations() == []


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_copy_is_found_out(sound: Sound, name: str) -> None:
    invariant, statements, words, case_no = BREAKS[name]
    with sound.copies() as site:
        found = broken(site, statements)
    told = [one for one in found if one.invariant == invariant and words in one.what]
    assert told, found
    assert case_no in {one.case_no for one in told}


def test_lost_bytes_are_found_out(sound: Sound) -> None:
    with sound.copies() as site:
        stored = sorted((site.platform.settings.home / "files").glob("*/*"))
        stored[0].write_bytes(b"something else")
        stored[1].unlink()
        found = site.violations()
    assert [(one.invariant, "内容丢失或被改动" in one.what) for one in found] == [(6, True)] * 2


def test_pages_of_any_size_find_the_same(sound: Sound) -> None:
    with sound.copies() as site:
        broken(site, f"DELETE FROM history WHERE case_no IN ('{CONCLUDED}', '{RUNNING}') AND seq = 2")
        broken(site, "UPDATE idempotency SET receipt = NULL")
        services = site.platform.services
        rounds = []
        for size in (1, 2, 200):
            records = CaseFiles(site.platform.database, size)
            examination = Examination(records, services.definitions, services.calendars, services.files)
            rounds.append((list(examination), examination.tally))
    assert rounds[0] == rounds[1] == rounds[2]
    assert (rounds[0][1].cases, rounds[0][1].attachments, rounds[0][1].receipts) == (7, 17, 1)


def test_every_invariant_is_broken_by_some_copy() -> None:
    assert {invariant for invariant, *_ in BREAKS.values()} == set(range(1, 7))


def test_the_commands_say_what_they_find(sound: Sound, monkeypatch: pytest.MonkeyPatch) -> None:
    with sound.copies() as site:
        monkeypatch.setenv("YICHUANG_HOME", str(site.platform.settings.home))
        monkeypatch.setenv("YICHUANG_DATABASE_URL", site.platform.settings.url)
        clean = CliRunner().invoke(run.cli, ["doctor"])
        assert (clean.exit_code, clean.output.count("\n")) == (0, 1), clean.output
        assert "检查了 7 个办件" in clean.output
        assert "全部相符" in clean.output
        broken(site, f"UPDATE history SET kind = 'x' WHERE case_no = '{RUNNING}' AND seq = 1")
        result = CliRunner().invoke(run.cli, ["doctor"])
        assert result.exit_code == 1
        assert f"4 留痕完整  办件 {RUNNING}  第 1 条：内容与校验值不符" in result.output
        verified = CliRunner().invoke(run.cli, ["audit", "verify", "--format", "json"])
        assert verified.exit_code == 1
        document = json.loads(verified.output)
        assert {one["invariant"] for one in document["violations"]} == {4}
        assert document["checked"]["cases"] == 7
        assert CliRunner().invoke(run.cli, ["doctor", "--only", "1", "--only", "2"]).exit_code == 0


def test_a_database_of_another_version_is_not_examined(blank_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YICHUANG_DATABASE_URL", blank_url)
    result = CliRunner().invoke(run.cli, ["doctor"])
    assert "请运行 python run.py migrate" in result.output
    database = connect(blank_url)
    migrate(database)
    database.close()
    assert CliRunner().invoke(run.cli, ["doctor"]).exit_code == 0
