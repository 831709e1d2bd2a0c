"""A supervisor's board over real cases: what is on it, what is behind it, and who may look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.browser.live import Live, at, live
from webapp.demo import DEMO_PASSWORD

Browse = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("site")) as running:
        running.platform.sweeper.sweep()
        yield running


@pytest.fixture(autouse=True)
def _today(site: Live) -> None:
    site.clock.set(at("2026-10-14 10:42"))


@pytest.fixture(scope="module")
def browse(site: Live) -> Browse:
    """``browse("ls_mo")``: a browser in which this account has signed in."""
    app = site.platform.app()
    app.config["WTF_CSRF_METHODS"] = set()

    def opened(username: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/login", data={"username": username, "password": DEMO_PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return opened


def links(page: str) -> Iterator[tuple[str, int]]:
    """Links to lists whose text begins with a number."""
    for address, text in re.findall(r'<a [^>]*href="([^"]*/supervision/cases[^"]*)"[^>]*>(.*?)</a>', page, re.S):
        number = re.match(r"\D*?(\d+)(?!\d*(?:\.\d+)?%)", re.sub(r"<[^>]+>", "", text).strip())
        if number:
            yield unescape(address), int(number[1])


@pytest.mark.parametrize("moment", ["2026-10-14 10:42", "2026-09-18 11:30", "2026-10-09 18:00"])
def test_every_number_opens_a_list_of_so_many(site: Live, browse: Browse, moment: str) -> None:
    site.clock.set(at(moment))
    supervisor = browse("ls_mo")
    found = list(links(supervisor.get("/work/supervision/").text))
    assert len(found) >= 9
    assert any(number for _, number in found)
    for address, number in found:
        page = supervisor.get(address)
        assert page.status_code == 200, address
        said = re.search(r'<span class="yc-2">(\d+) 件', page.text)
        assert said is not None
        assert int(said[1]) == number, address
        assert len(re.findall(r'<a class="yc-no"', page.text)) == min(number, 20), address


def test_the_applicant_is_masked_and_the_case_page_opens(site: Live, browse: Browse) -> None:
    supervisor = browse("ls_mo")
    address = f"/work/cases/{site.cases['review']}"
    assert address in supervisor.get("/work/supervision/cases?show=open").text
    page = supervisor.get(address)
    assert page.status_code == 200
    assert "13907770001" not in page.text


def test_a_supervisor_elsewhere_sees_nothing_of_it(site: Live, browse: Browse) -> None:
    stranger = browse("jz_qi")
    page = stranger.get("/work/supervision/")
    assert page.status_code == 200
    assert "节能审查" not in page.text
    assert "这里没有办件" in stranger.get("/work/supervision/cases?show=open").text
    assert "这里没有办件" in stranger.get("/work/supervision/cases?show=open&org=450721-spj").text
    assert stranger.get(f"/work/cases/{site.cases['review']}").status_code == 403


@pytest.mark.parametrize("username", ["ls_chen", "admin", "company1"])
def test_only_supervisors_pass(browse: Browse, username: str) -> None:
    assert browse(username).get("/work/supervision/").status_code == 403
    assert "监察</a>" not in browse("ls_chen").get("/work/").text


@pytest.mark.parametrize("query", ["show=x", "since=x", "until=2026-99-01", "cursor=x"])
def test_an_address_that_cannot_be_read_is_said_to_be_so(browse: Browse, query: str) -> None:
    assert browse("ls_mo").get(f"/work/supervision/cases?{query}").status_code == 422


def test_it_refreshes_until_told_not_to(browse: Browse) -> None:
    supervisor = browse("ls_mo")
    assert 'hx-trigger="every 60s"' in supervisor.get("/work/supervision/").text
    assert "hx-trigger" not in supervisor.get("/work/supervision/?refresh=off").text


def test_a_refresh_after_the_session_ended_leaves_for_the_sign_in_page(site: Live) -> None:
    guest = site.platform.app().test_client()
    answer = guest.get("/work/supervision/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login?")


# ---- cards and what is done about them


def card_of(site: Live) -> str:
    """The address of the red card over the unclaimed step of the paused case."""
    view = site.platform.services.cases.view(site.cases["paused"])
    assert view is not None
    card = next(card for card in view.warnings if card.level == "red")
    assert card.assignee_id is None
    return f"/work/supervision/warnings/{card.case_no}/{card.deadline}/{card.level}"


def version_of(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None, page
    return found[1]


def test_a_card_from_first_sight_to_its_end(site: Live, browse: Browse) -> None:
    supervisor, clerk, address = browse("ls_mo"), browse("ls_lin"), card_of(site)
    assert address in supervisor.get("/work/supervision/warnings").text
    assert address in clerk.get("/work/supervision/warnings?level=red").text
    assert address in clerk.get(f"/work/cases/{site.cases['paused']}").text

    def act(who: FlaskClient, name: str, expected: int = 302, **form: str) -> str:
        seen = who.get(address).text
        version = form.pop("version", None) or (re.search(r'name="version" value="(\d+)"', seen) or ["", "0"])[1]
        answer = who.post(f"{address}/{name}", data={"version": version, **form})
        assert answer.status_code == expected, answer.text
        return answer.text

    assert "督办</h2>" in supervisor.get(address).text
    assert "督办</h2>" not in clerk.get(address).text
    act(clerk, "acknowledge", 403)
    act(clerk, "order", 403, text="x", due_on="2026-10-20")
    act(supervisor, "acknowledge")
    assert "改正期限不能早于今天" in act(supervisor, "order", 422, text="尽快委托评审", due_on="2026-10-13")
    kept = act(supervisor, "order", 422, text="尽快委托评审", due_on="")
    assert "尽快委托评审" in kept
    act(supervisor, "order", text="尽快委托评审", due_on="2026-10-20")
    assert "督办中" in clerk.get(address).text
    assert "刷新" in act(clerk, "explain", 409, text="评审机构排期已满", version="0")
    act(clerk, "explain", text="评审机构排期已满，<b>已改委托</b>")
    assert "&lt;b&gt;已改委托" in supervisor.get(address).text
    act(supervisor, "close")
    done = supervisor.get(address).text
    assert "已经销号" in done
    assert "<form class=" not in done.split("处置经过")[1]
    story = supervisor.get(f"/work/cases/{site.cases['paused']}").text
    assert "监察人员督办红牌" in story
    assert "限2026年10月20日前改正" in story
    assert "没有符合条件的预警" in supervisor.get("/work/supervision/warnings?status=ordered").text


def test_a_card_is_nobody_elses_business(site: Live, browse: Browse) -> None:
    stranger, address = browse("jz_qi"), card_of(site)
    assert stranger.get(address).status_code == 403
    assert stranger.post(f"{address}/acknowledge", data={"version": "0"}).status_code == 403
    assert address not in stranger.get("/work/supervision/warnings").text
    assert browse("company1").get("/work/supervision/warnings").status_code == 403
    assert browse("ls_mo").get(address.replace("/red", "/blue")).status_code == 404


@pytest.mark.parametrize("query", ["level=blue", "status=x", "cursor=x"])
def test_a_warning_list_that_cannot_be_read_is_said_to_be_so(browse: Browse, query: str) -> None:
    assert browse("ls_mo").get(f"/work/supervision/warnings?{query}").status_code == 422


def test_the_interface_lists_cards(site: Live, browse: Browse) -> None:
    card = card_of(site).split("/")
    rows = browse("ls_mo").get("/api/v1/supervision/warnings?level=red&limit=100").json["warnings"]
    (row,) = [row for row in rows if row["case_no"] == card[4] and row["deadline"] == card[5]]
    assert row["step"] == "委托评审"
    assert row["org"] == "450721-spj"
    assert not browse("jz_qi").get("/api/v1/supervision/warnings").json["warnings"]


def test_the_lists_leave_as_csv(site: Live, browse: Browse) -> None:
    supervisor = browse("ls_mo")
    for address, words in (("cases.csv?show=open", "固定资产投资项目节能审查"), ("warnings.csv?level=red", "红色超期")):
        answer = supervisor.get(f"/work/supervision/{address}")
        assert answer.mimetype == "text/csv"
        assert answer.data.startswith(b"\xef\xbb\xbf")
        assert site.cases["paused"] in answer.text
        assert words in answer.text
        assert "attachment" in answer.headers["Content-Disposition"]
    stranger = browse("jz_qi")
    assert len(stranger.get("/work/supervision/cases.csv?show=open").text.splitlines()) == 1
    assert len(stranger.get("/work/supervision/warnings.csv").text.splitlines()) == 1
    assert browse("ls_chen").get("/work/supervision/cases.csv").status_code == 403
