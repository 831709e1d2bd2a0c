"""The warning list, one card, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.errors import Conflict, Invalid, InvalidValue, Refused, UnknownWarning
from engine.handlers.oversight import LONGEST_TEXT, may_close, may_explain, may_supervise
from engine.oversight import (
    AcknowledgeWarning,
    CloseWarning,
    ExplainWarning,
    OrderCorrection,
    WarningCommand,
    WarningKey,
    WarningStatus,
)
from engine.records import Actor
from engine.supervision import WarningFile, WarningQuery
from webapp.casework import org_name
from webapp.errors import status_of
from webapp.formatting import Chip, local
from webapp.identity import actor
from webapp.inbox import reach
from webapp.services import services
from webapp.supervision import supervision

PAGE_SIZE = 20

LEVELS: Mapping[str, Chip] = {
    "yellow": Chip("today", "exclamation-triangle-fill", "黄色预警"),
    "red": Chip("over", "exclamation-octagon-fill", "红色超期"),
}
STATUSES: Mapping[WarningStatus, Chip] = {
    WarningStatus.RAISED: Chip("warn", "bell", "尚未处置"),
    WarningStatus.ACKNOWLEDGED: Chip("info", "eye", "已签收"),
    WarningStatus.ORDERED: Chip("warn", "megaphone", "督办中"),
    WarningStatus.EXPLAINED: Chip("info", "chat-left-text", "已说明"),
    WarningStatus.CLOSED: Chip("done", "check-circle-fill", "已销号"),
}
#: what an act is called where the card's story is told
ACTS: Mapping[WarningStatus, str] = {
    WarningStatus.ACKNOWLEDGED: "签收",
    WarningStatus.EXPLAINED: "说明",
    WarningStatus.ORDERED: "督办",
    WarningStatus.CLOSED: "销号",
}


@dataclass(frozen=True, slots=True)
class Powers:
    """What the reader may do about a card as it stands."""

    acknowledge: bool
    explain: bool
    order: bool
    close: bool

    @classmethod
    def of(cls, file: WarningFile, who: Actor) -> Powers:
        card = file.row.card
        above = may_supervise(who, card.record, file.case, services().directory)
        open_ = card.status is not WarningStatus.CLOSED
        return cls(
            acknowledge=above and card.status is WarningStatus.RAISED,
            explain=open_ and card.status is not WarningStatus.EXPLAINED and may_explain(who, card.record),
            order=above and open_ and card.status is not WarningStatus.ORDERED,
            close=above and may_close(card),
        )


@supervision.get("/warnings")
def warnings() -> str:
    """Cards of the organisations that the reader supervises or works in, newest first."""
    who = actor()
    orgs = reach.organisations(who) | reach.supervised_by(who)
    query = query_of(orgs, request.args)
    page = services().supervision.warnings(query)
    asked: dict[str, Any] = {key: request.args.get(key) or None for key in ("level", "status", "org", "item")}
    return render_template(
        "supervision/warnings.html",
        rows=page.rows,
        query=query,
        asked=asked,
        levels=LEVELS,
        statuses=STATUSES,
        organisations=sorted((code, org_name(code)) for code in orgs),
        items=[(item.key, item.name) for item in services().catalog.items()],
        following=url_for("supervision.warnings", **asked | {"cursor": page.next_cursor}) if page.next_cursor else None,
    )


def query_of(orgs: frozenset[str], given: Mapping[str, Any]) -> WarningQuery:
    """What is asked for, within ``orgs``; InvalidValue when it cannot be understood."""
    level, status = given.get("level") or None, given.get("status") or None
    if level is not None and level not in LEVELS:
        raise InvalidValue("没有这个级别。", place="level")
    if status is not None and status not in tuple(WarningStatus):
        raise InvalidValue("没有这个处置状态。", place="status")
    return WarningQuery(
        orgs,
        level=level,
        status=WarningStatus(status) if status else None,
        org=given.get("org") or None,
        item_key=given.get("item") or None,
        limit=given.get("limit", PAGE_SIZE) if isinstance(given.get("limit"), int) else PAGE_SIZE,
        cursor=given.get("cursor"),
    )


@supervision.get("/warnings/<case_no>/<deadline>/<level>")
def warning(case_no: str, deadline: str, level: str) -> str:
    return _page(WarningKey(case_no, deadline, level))


@supervision.post("/warnings/<case_no>/<deadline>/<level>/acknowledge")
def acknowledge(case_no: str, deadline: str, level: str) -> Any:
    key = WarningKey(case_no, deadline, level)
    return _carried_out(key, AcknowledgeWarning(actor(), key, _version()), "已签收。")


@supervision.post("/warnings/<case_no>/<deadline>/<level>/explain")
def explain(case_no: str, deadline: str, level: str) -> Any:
    key = WarningKey(case_no, deadline, level)
    return _carried_out(key, ExplainWarning(actor(), key, _version(), _text()), "说明已提交。")


@supervision.post("/warnings/<case_no>/<deadline>/<level>/order")
def order(case_no: str, deadline: str, level: str) -> Any:
    key = WarningKey(case_no, deadline, level)
    try:
        due_on = date.fromisoformat(request.form.get("due_on", ""))
    except ValueError:
        return _page(key, wrong=InvalidValue("请填写改正期限。", place="due_on")), 422
    return _carried_out(key, OrderCorrection(actor(), key, _version(), _text(), due_on), "督办已发出。")


@supervision.post("/warnings/<case_no>/<deadline>/<level>/close")
def close(case_no: str, deadline: str, level: str) -> Any:
    key = WarningKey(case_no, deadline, level)
    return _carried_out(key, CloseWarning(actor(), key, _version(), _text()), "已销号。")


def _carried_out(key: WarningKey, command: WarningCommand, told: str) -> Response | tuple[str, int]:
    """The card after the act; what was typed is kept when the act is refused."""
    _file(key)
    try:
        services().execute(command)
    except (Conflict, Invalid) as error:
        return _page(key, wrong=error), status_of(error)
    flash(told, "done")
    return redirect(url_for("supervision.warning", case_no=key.case_no, deadline=key.deadline, level=key.level))


def _version() -> int:
    return request.form.get("version", -1, type=int)


def _text() -> str:
    return request.form.get("text", "")


def _file(key: WarningKey) -> WarningFile:
    """The card; UnknownWarning when there is none, Refused when it is no business of the reader's."""
    who = actor()
    file = services().supervision.warning(key)
    if file is None:
        raise UnknownWarning(place=key.case_no)
    if file.row.org not in reach.organisations(who) | reach.supervised_by(who):
        raise Refused("这张预警牌不由您的单位处置。", place=key.case_no)
    return file


def _page(key: WarningKey, wrong: Conflict | Invalid | None = None) -> str:
    file = _file(key)
    return render_template(
        "supervision/warning.html",
        file=file,
        key=key,
        row=file.row,
        level=LEVELS[file.row.card.record.level],
        statuses=STATUSES,
        acts=ACTS,
        powers=Powers.of(file, actor()),
        wrong=wrong,
        asked=request.form,
        doing=request.endpoint,
        most=LONGEST_TEXT,
        today=local(services().clock.now()).date(),
    )
