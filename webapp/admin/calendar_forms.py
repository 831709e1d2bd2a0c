"""What an administrator fills in on the calendars' page, as the calendars want it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from werkzeug.datastructures import FileStorage, MultiDict

from engine.calendar import WorkCalendar
from engine.errors import Invalid
from engine.hours import Hours
from engine.rulebook import MAX_DAYS, DayKind, DayRule
from processes.reading import MAX_BYTES

Form = MultiDict[str, str]


class InvalidFields(Invalid):
    """表单中有内容需要改正。"""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(fields)


def day_rules(form: Form, calendar: WorkCalendar) -> list[DayRule]:
    """The days named by first and last day and, for market days, by every how many days.

    Of several days only those are taken that are not already so: closing a week leaves its weekend alone, and opening
    market days leaves out working days and holidays.  Raises InvalidFields.
    """
    problems: dict[str, str] = {}
    kind = {"rest": DayKind.REST, "work": DayKind.WORK}.get(form.get("kind", ""))
    if kind is None:
        problems["kind"] = "请选择上班还是不上班。"
    first = _date(form, "first", "请填写日期，例如 2026-10-17。", problems)
    last = first if not form.get("last", "").strip() else _date(form, "last", "日期应如 2026-10-17。", problems)
    step = form.get("step", "").strip() or "1"
    if not (step.isascii() and step.isdecimal() and 1 <= int(step[:4]) <= 31 and len(step) <= 2):
        problems["step"] = "请填 1 到 31 的整数；每天都算填 1，三天一圩填 3。"
    if not form.get("name", "").strip():
        problems["name"] = "请写明这一天叫什么，例如圩日、停电检修。"
    if not form.get("why", "").strip():
        problems["why"] = "请写明理由或依据。"
    if first and last and not first <= last < first + timedelta(days=MAX_DAYS):
        problems["last"] = f"最后一天应在第一天当天或之后，一次不超过 {MAX_DAYS} 天。"
    if problems:
        raise InvalidFields(problems)
    assert first is not None
    assert last is not None
    assert kind is not None
    days = [first + timedelta(days=i) for i in range(0, (last - first).days + 1, int(step))]
    if first != last:
        days = [day for day in days if _differs(day, kind, calendar)]
    if not days:
        raise InvalidFields({"first": "这些日子本来就是这样安排的，没有需要更改的。"})
    return [DayRule(day, kind, form["name"].strip()) for day in days]


def _differs(day: date, kind: DayKind, calendar: WorkCalendar) -> bool:
    if kind is DayKind.REST:
        return calendar.is_workday(day)
    return not calendar.is_workday(day) and calendar.holiday(day) is None


def chosen_days(form: Form) -> Sequence[date]:
    """The days ticked.  Raises InvalidFields."""
    problems: dict[str, str] = {}
    days = [day for text in form.getlist("day")[:MAX_DAYS] if (day := _parsed(text))]
    if not days:
        problems["day"] = "请先勾选要撤销的日子。"
    if not form.get("clear_why", "").strip():
        problems["clear_why"] = "请写明撤销的理由。"
    if problems:
        raise InvalidFields(problems)
    return days


def office_hours(form: Form) -> Hours:
    """Hours from a day on; noon left empty means that the office serves through it.  Raises InvalidFields."""
    problems: dict[str, str] = {}
    since = _date(form, "since", "请填写从哪一天起执行，例如 2026-11-01。", problems)
    opening = _time(form, "opening", problems)
    closing = _time(form, "closing", problems)
    noon = None
    if form.get("noon_from", "").strip() or form.get("noon_until", "").strip():
        noon = (_time(form, "noon_from", problems), _time(form, "noon_until", problems))
    if not form.get("hours_why", "").strip():
        problems["hours_why"] = "请写明理由或依据。"
    if not problems:
        try:
            return Hours(opening, closing, noon, since)
        except ValueError:
            problems["opening"] = "时间应按先后填写：上班、午休开始、午休结束、下班。"
    raise InvalidFields(problems)


def import_file(files: MultiDict[str, FileStorage]) -> tuple[str, bytes]:
    """Name and content of the file handed in.  Raises InvalidFields."""
    file = files.get("file")
    if file is None or not file.filename:
        raise InvalidFields({"file": "请选择要导入的文件。"})
    return file.filename, file.stream.read(MAX_BYTES + 1)


def _date(form: Form, key: str, ask: str, problems: dict[str, str]) -> date | None:
    day = _parsed(form.get(key, ""))
    if day is None:
        problems[key] = ask
    return day


def _parsed(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _time(form: Form, key: str, problems: dict[str, str]) -> time:
    try:
        return time.fromisoformat(form.get(key, "").strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        problems[key] = "请填写时间，例如 08:30。"
        return time.min
