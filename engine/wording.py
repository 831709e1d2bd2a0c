"""Dates and limits as Chinese documents write them."""

from __future__ import annotations

from datetime import date

from engine.elements import Limit, Unit

_UNITS = {Unit.WORKDAY: "个工作日", Unit.DAY: "日", Unit.WORKHOUR: "个工作小时", Unit.HOUR: "小时"}


def day_words(day: date) -> str:
    """``2026年9月18日``."""
    return f"{day.year}年{day.month}月{day.day}日"


def limit_words(limit: Limit) -> str:
    """``5个工作日``."""
    return f"{limit.value}{_UNITS[limit.unit]}"
