"""What machines that watch are told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

import run
from tests.acceptance.callers import COMPANY, Caller, apply


def test_a_working_platform_is_alive_and_ready(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {"status": "ok", "checks": {"database": "ok", "tables": "ok", "files": "ok"}}


def test_a_database_that_is_away_is_named_and_the_process_is_alive(tmp_path: Path) -> None:
    # nobody listens on a socket in an empty folder
    address = f"postgresql+psycopg://user:geheim@/x?host={tmp_path}"
    client = run.build(run.Settings(home=tmp_path, database_url=address)).app().test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json == {"status": "unready", "checks": {"database": "数据库没有应答"}}
    assert "geheim" not in ready.text


def test_tables_that_were_never_made_are_named(tmp_path: Path, blank_url: str) -> None:
    platform = run.build(run.Settings(home=tmp_path, database_url=blank_url))
    ready = platform.app().test_client().get("/readyz")
    assert ready.status_code == 503
    assert "migrate" in ready.json["checks"]["tables"]
    run.upgrade(platform.database)
    assert platform.app().test_client().get("/readyz").status_code == 200
    platform.database.close()


def test_a_home_that_is_gone_is_named(tmp_path: Path, database_url: str) -> None:
    home = tmp_path / "home"
    platform = run.build(run.Settings(home=home, database_url=database_url))
    shutil.rmtree(home)
    ready = platform.app().test_client().get("/readyz")
    assert (ready.status_code, ready.json["checks"]["files"]) == (503, "不能写入 YICHUANG_HOME")
    platform.database.close()


def test_requests_are_measured_by_endpoint_and_never_by_address(app: Flask, call: Callable[[str], Caller]) -> None:
    citizen = call(COMPANY)
    case_no = apply(citizen)
    citizen.get(f"/cases/{case_no}")
    app.test_client().open("/healthz", method="MADEUP")
    measured = app.test_client().get("/metrics")
    assert measured.mimetype == "text/plain"
    assert 'endpoint="api_cases.CaseItem",method="GET",status="200"' in measured.text
    assert 'method="other"' in measured.text
    assert "MADEUP" not in measured.text
    assert case_no not in measured.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_need_no_account_and_set_no_cookie(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
