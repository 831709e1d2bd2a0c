"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from tests.bench.figures import Figure, timed

_PACKAGES = ("SpiffWorkflow", "SQLAlchemy", "psycopg", "Flask", "gunicorn")


def describe(home: Path) -> Mapping[str, object]:
    """The machine, what runs on it, how busy it was, and how long the disk under ``home`` takes to keep a page."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
        "load": [round(load, 1) for load in os.getloadavg()],
        "sync_ms": round(_sync(home).p50, 2),
    }


def in_words(machine: Mapping[str, object]) -> str:
    """The machine in one line."""
    return (
        f"{machine['at']}: {machine['processor']}, {machine['processors']} CPU, {machine['memory_gb']} GB,"
        f" {machine['system']}, Python {machine['python']}, load {machine['load']},"
        f" {machine['sync_ms']} ms to keep a page on disk"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())


def _sync(home: Path) -> Figure:
    """What a commit cannot be faster than: write a page at the end of a file, have the disk keep it."""
    with NamedTemporaryFile(dir=home, buffering=0) as file:

        def keep() -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        return Figure("sync", timed([keep] * 50))
