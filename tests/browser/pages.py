"""Every page of the site, with the reader it is for: what accessibility tests and screenshots go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.views import CaseView
from tests.browser.live import COMPANY, DRAFT, ENERGY, Live

WINDOW, REVIEWER, SUPERVISOR, ADMIN = "ls_chen", "ls_lin", "ls_mo", "admin"


@dataclass(frozen=True)
class Shown:
    """A page."""

    name: str
    #: user name of who reads it; empty: a visitor
    reader: str
    #: address, or how it is found on the running site
    path: str | Callable[[Live], str]


def address(site: Live, page: Shown) -> str:
    """The page's address on the running site."""
    return page.path if isinstance(page.path, str) else page.path(site)


def _view(site: Live, story: str) -> CaseView:
    view = site.platform.services.cases.view(site.cases[story])
    assert view is not None
    return view


def _case(story: str, rest: str = "", base: str = "/cases") -> Callable[[Live], str]:
    return lambda site: f"{base}/{site.cases[story]}{rest}"


def _open_task(story: str) -> Callable[[Live], str]:
    def path(site: Live) -> str:
        task = next(t for t in _view(site, story).tasks if t.status in ("open", "claimed"))
        return f"/work/tasks/{task.task_id}"

    return path


def _own_task(site: Live) -> str:
    task = next(t for t in _view(site, "asked").tasks if t.group == "applicant")
    return f"/cases/{task.case_no}/tasks/{task.task_id}"


def _notice(story: str, template: str) -> Callable[[Live], str]:
    def path(site: Live) -> str:
        notice = next(n for n in _view(site, story).notices if n.template == template)
        return f"/cases/{notice.case_no}/notices/{notice.notice_id}"

    return path


def _incident(story: str) -> Callable[[Live], str]:
    def path(site: Live) -> str:
        known = site.platform.services.incidents
        rows = [*known.page().rows, *known.page(settled=True).rows]
        one = next(row.incident for row in rows if row.incident.case_no == site.cases[story])
        return f"/work/incidents/{one.case_no}/{one.ref}"

    return path


def _warning(story: str) -> Callable[[Live], str]:
    def path(site: Live) -> str:
        site.platform.sweeper.sweep()
        card = next(card for card in _view(site, story).warnings if card.org is not None)
        return f"/work/supervision/warnings/{card.case_no}/{card.deadline}/{card.level}"

    return path


def _definition(site: Live) -> str:
    return f"/work/definitions/{_view(site, 'review').case.definition_id}"


PAGES = [
    Shown("home", "", "/"),
    Shown("items", "", "/items"),
    Shown("items-found", "", "/items?q=取水"),
    Shown("items-empty", "", "/items?q=不存在的事项"),
    Shown("guide", "", f"/items/{ENERGY}"),
    Shown("guide-sparse", "", "/items/tengchong-minimum-living"),
    Shown("guide-notice", "", f"/items/{ENERGY}/notice"),
    Shown("track", "", "/track"),
    Shown("login", "", "/login"),
    Shown("register", "", "/register"),
    Shown("help", "", "/help"),
    Shown("accessibility", "", "/accessibility"),
    Shown("not-found", "", "/items/no-such-item"),
    Shown("my", COMPANY, "/my"),
    Shown("my-empty", "citizen1", "/my"),
    Shown("messages", COMPANY, "/my/messages"),
    Shown("messages-empty", "citizen1", "/my/messages"),
    Shown("apply-start", COMPANY, f"/apply/{ENERGY}"),
    Shown("apply-applicant", COMPANY, f"/drafts/{DRAFT}/applicant"),
    Shown("apply-group", COMPANY, f"/drafts/{DRAFT}/s2"),
    Shown("apply-materials", COMPANY, f"/drafts/{DRAFT}/materials"),
    Shown("apply-check", COMPANY, f"/drafts/{DRAFT}/check"),
    Shown("receipt", COMPANY, _case("fresh", "/receipt")),
    Shown("case", COMPANY, _case("review")),
    Shown("case-supplement", COMPANY, _case("asked")),
    Shown("case-refused", COMPANY, _case("refused")),
    Shown("answer", COMPANY, _own_task),
    Shown("notice-acceptance", COMPANY, _notice("review", "acceptance")),
    Shown("notice-supplement", COMPANY, _notice("asked", "supplement")),
    Shown("notice-refusal", COMPANY, _notice("refused", "non_acceptance")),
    Shown("me", COMPANY, "/me"),
    Shown("inbox", REVIEWER, "/work/"),
    Shown("inbox-mine-empty", REVIEWER, "/work/?view=mine"),
    Shown("inbox-done", WINDOW, "/work/?view=done"),
    Shown("task", REVIEWER, _open_task("review")),
    Shown("task-accept", WINDOW, _open_task("fresh")),
    Shown("cases", WINDOW, "/work/cases"),
    Shown("staff-messages", SUPERVISOR, "/work/messages"),
    Shown("staff-messages-empty", ADMIN, "/work/messages"),
    Shown("cases-empty", WINDOW, "/work/cases?q=没有这样的办件"),
    Shown("staff-case", WINDOW, _case("review", base="/work/cases")),
    Shown("board", SUPERVISOR, "/work/supervision/"),
    Shown("board-late", SUPERVISOR, "/work/supervision/cases?show=red"),
    Shown("board-concluded", SUPERVISOR, "/work/supervision/cases?show=concluded"),
    Shown("board-empty", SUPERVISOR, "/work/supervision/cases?show=yellow&item=x"),
    Shown("warnings", SUPERVISOR, "/work/supervision/warnings"),
    Shown("warnings-empty", SUPERVISOR, "/work/supervision/warnings?item=x"),
    Shown("warning", SUPERVISOR, _warning("paused")),
    Shown("warning-explain", WINDOW, _warning("paused")),
    Shown("definitions", ADMIN, "/work/definitions"),
    Shown("definition", ADMIN, _definition),
    Shown("organisations", ADMIN, "/work/organisations"),
    Shown("users", ADMIN, "/work/users"),
    Shown("incidents", ADMIN, "/work/incidents"),
    Shown("incidents-settled", ADMIN, "/work/incidents?state=settled"),
    Shown("incident", ADMIN, _incident("paused")),
    Shown("incident-settled", ADMIN, _incident("fresh")),
    Shown("calendars", ADMIN, "/work/calendars"),
    Shown("calendars-provisional", ADMIN, "/work/calendars?year=2027&org=450721-spj"),
    Shown("forbidden", WINDOW, "/work/users"),
]
