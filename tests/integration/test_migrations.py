"""Migrations build exactly the tables that the code declares, and take them away again."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from storage.database import Database, connect
from storage.migrations import downgrade, migrate, newest, revision
from storage.tables import metadata

_POSTGRES_SCHEMA = """
SELECT 'column', table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""


def schema(database: Database) -> set[tuple[str, ...]]:
    """Every column, index with its predicate, and constraint, as the database itself describes it."""
    with database.reading() as connection:
        if database.is_sqlite:
            rows = map(_clauses, connection.execute(text("SELECT type, tbl_name, name, sql FROM sqlite_master")))
        else:
            rows = connection.execute(text(_POSTGRES_SCHEMA))
        plain = {tuple(" ".join(cell.replace('"', "").split()) for cell in row) for row in rows}
    return {row for row in plain if row[1] != "alembic_version"}


def _clauses(row: Sequence[str | None]) -> tuple[str, ...]:
    # the order in which a table's constraints are declared means nothing
    kind, table, name, sql = row
    return kind, table, name, ",".join(sorted(clause.strip(" \t\n)") for clause in (sql or "").split(",")))


def test_migrated_schema_is_the_declared_one(database: Database, blank_url: str) -> None:
    declared = connect(blank_url)
    with declared.writing() as connection:
        metadata.create_all(connection)
    assert schema(database) == schema(declared)
    declared.close()


def test_autogenerate_finds_nothing_to_do(database: Database) -> None:
    with database.snapshot() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_up_down_up(blank_url: str) -> None:
    database = connect(blank_url)
    assert revision(database) is None
    migrate(database)
    assert revision(database) == newest()
    assert set(inspect(database.engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    downgrade(database, "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    migrate(database)
    assert revision(database) == newest()
    database.close()


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = schema(database)
    migrate(database)
    assert schema(database) == before


def test_processes_may_migrate_at_once(blank_url: str) -> None:
    failures: list[BaseException] = []

    def start_up() -> None:
        database = connect(blank_url)
        try:
            migrate(database)
        except BaseException as error:
            failures.append(error)
        finally:
            database.close()

    threads = [Thread(target=start_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
