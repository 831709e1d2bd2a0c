"""How dates, names, limits and sizes are written on pages.  Pure functions, and the Jinja filters made of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from engine.calendar import Remaining, RemainingKind
from engine.elements import Limit, Unit
from engine.views import COUNTED
from webapp.services import services

ZONE = ZoneInfo("Asia/Shanghai")

WEEKDAYS = "一二三四五六日"
UNITS = {Unit.WORKDAY: "个工作日", Unit.DAY: "日", Unit.WORKHOUR: "个工作小时", Unit.HOUR: "小时"}

#: longest name of a natural person written in Chinese without a middle dot
LONGEST_NAME = 4

#: with this many working days left, or fewer, a chip turns amber
SOON = 2


@dataclass(frozen=True, slots=True)
class Chip:
    """A small label: icon, words, then colour (``yc-chip--<kind>``)."""

    kind: str
    icon: str
    words: str


PAUSED = Chip("pause", "pause-circle", "暂停计时")


def due_chip(remaining: Remaining, *, provisional: bool = False) -> Chip:
    """How much time is left, in working days; （暂定） marks a deadline in a year whose holidays are not published."""
    words = remaining.words + ("（暂定）" if provisional else "")
    if remaining.kind is RemainingKind.OVERDUE:
        return Chip("over", "exclamation-octagon-fill", words)
    if remaining.kind is RemainingKind.TODAY:
        return Chip("today", "exclamation-triangle-fill", words)
    soon = remaining.workdays <= SOON
    return Chip("soon", "hourglass-split", words) if soon else Chip("ok", "clock", words)


def local(at: datetime) -> datetime:
    """The moment by the wall clock."""
    return at.astimezone(ZONE)


def _day(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def cn_day(value: date | datetime | None, today: date | None = None) -> str:
    """``10月16日（周五）``, with the year in front when it is not the year of ``today``; ``—`` for None."""
    if value is None:
        return "—"
    day = _day(value)
    year = "" if today is None or day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def cn_date(value: date | datetime | None) -> str:
    """``2026年10月14日``; ``—`` for None."""
    if value is None:
        return "—"
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


def cn_time(value: datetime | None, today: date | None = None) -> str:
    """``10月12日（周一）16:20``; ``—`` for None."""
    return "—" if value is None else f"{cn_day(value, today)}{local(value):%H:%M}"


def cn_datetime(value: datetime | None) -> str:
    """``2026年10月14日 10:42``; ``—`` for None."""
    return "—" if value is None else f"{cn_date(value)} {local(value):%H:%M}"


def short_day(value: date | datetime, today: date | None = None) -> str:
    """``10月16日``, with the year in front when it is not the year of ``today``; for columns of tables."""
    return cn_day(value, today).partition("（")[0]


def clock_time(value: datetime) -> str:
    """``10:42``."""
    return f"{local(value):%H:%M}"


def is_organisation(name: str) -> bool:
    """True for a name no natural person bears: longer than four characters and without the middle dot of long names."""
    return len(name) > LONGEST_NAME and "·" not in name and "•" not in name


def mask_name(name: str, kind: str | None = None) -> str:
    """``覃*明`` for a natural person; an organisation's name is public and stays.

    ``kind`` is ``person`` or ``organisation``; None: told by the name.
    """
    if kind == "organisation" or (kind is None and is_organisation(name)):
        return name
    if len(name) < 2:
        return name
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")


def mask_phone(phone: str) -> str:
    """``138****5678``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_id(number: str) -> str:
    """``4507**********1234`` of an identity number; a credit code is public and stays."""
    if re.fullmatch(r"\d{17}[\dXx]", number):
        return number[:4] + "*" * 10 + number[-4:]
    return number


def limit_words(limit: Limit | None) -> str | None:
    """``5 个工作日``; None stays None."""
    return None if limit is None else f"{limit.value} {UNITS[limit.unit]}"


def file_size(size: int) -> str:
    """``18.2 MB``, ``640 KB``, ``12 字节``."""
    if size >= 1024 * 1024:
        return f"{size / 1024 / 1024:.1f} MB"
    return f"{size // 1024} KB" if size >= 1024 else f"{size} 字节"


def tel(number: str) -> str:
    """A phone number as a ``tel:`` address wants it; empty when there is no single number in it."""
    digits = re.sub(r"[\s—–\-－()（）]", "", number)
    return f"tel:{digits}" if re.fullmatch(r"\+?\d{5,15}", digits) else ""


def _with_today(function: Callable[..., str]) -> Callable[[Any], str]:
    """A filter that leaves the year out of dates of this year."""

    def filtered(value: Any) -> str:
        return function(value, local(services().clock.now()).date())

    return filtered


def counted(number: int) -> str:
    """A number of the inbox's counts, ``999+`` where counting stopped."""
    return f"{COUNTED}+" if number > COUNTED else str(number)


FILTERS: dict[str, Callable[..., Any]] = {
    "day": _with_today(cn_day),
    "moment": _with_today(cn_time),
    "short_day": _with_today(short_day),
    "full_date": cn_date,
    "full_time": cn_datetime,
    "clock_time": clock_time,
    "mask_name": mask_name,
    "mask_phone": mask_phone,
    "mask_id": mask_id,
    "limit": limit_words,
    "file_size": file_size,
    "tel": tel,
    "counted": counted,
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
