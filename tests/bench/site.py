"""A served site with demonstration data, and a client that keeps its connection."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Site:
    """A running server."""

    port: int
    #: process id of gunicorn's master
    pid: int

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


@contextmanager
def served(home: Path, url: str = "", workers: int = 1) -> Iterator[Site]:
    """``run.py serve`` on a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"HOME": str(home), "PORT": str(port), "DATABASE_URL": url, "WORKERS": str(workers)}
    environment = {**os.environ, **{f"YICHUANG_{name}": value for name, value in settings.items()}}
    command = [sys.executable, str(ROOT / "run.py"), "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            _wait(port, process)
            yield Site(port, process.pid)
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the server ended before it answered")
        try:
            if Client(port).get("/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer within a minute")


class Client:
    """One kept connection."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = dict(headers or {})

    def get(self, path: str) -> tuple[int, bytes]:
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Any) -> tuple[int, bytes]:
        return self._send("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def post_form(self, path: str, body: str) -> tuple[int, bytes]:
        return self._send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, body, {**self.headers, **headers})
        response = self._connection.getresponse()
        content = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self.headers["Cookie"] = value.partition(";")[0]
        return response.status, content
