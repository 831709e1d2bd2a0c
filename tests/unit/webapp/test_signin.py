"""Signing in and out: lock-out, what ends a session, and where one is sent."""

from __future__ import annotations

from datetime import timedelta

import counter as desk
import pytest

from webapp.auth import passwords
from webapp.auth.door import local_path


@pytest.fixture
def counter(tmp_path):
    return desk.open_counter(tmp_path)


def sign_in(counter, client, name="wei", password=desk.PASSWORD, **more):
    return counter.post(client, "/login", username=name, password=password, **more)


def test_staff_arrive_at_the_inbox_and_citizens_at_their_cases(counter):
    assert sign_in(counter, counter.browser()).location == "/work/"
    assert sign_in(counter, counter.browser(), desk.CITIZEN.username).location == "/my"


def test_an_unknown_name_and_a_wrong_password_read_the_same(counter):
    wrong = sign_in(counter, counter.browser(), "wei", "falsch-falsch")
    unknown = sign_in(counter, counter.browser(), "nobody", "falsch-falsch")
    assert wrong.status_code == unknown.status_code == 401
    assert "账号或密码不正确" in wrong.text
    assert "账号或密码不正确" in unknown.text


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(counter, monkeypatch):
    hashed = []
    verify = passwords._hasher.verify
    spy = type(
        "Spy",
        (),
        {
            "verify": lambda self, stored, given: hashed.append(stored) or verify(stored, given),
            "hash": passwords._hasher.hash,
        },
    )
    monkeypatch.setattr(passwords, "_hasher", spy())
    sign_in(counter, counter.browser(), "nobody", "falsch-falsch")
    assert [stored.startswith("$argon2id$") for stored in hashed] == [True]


def test_five_failures_lock_the_account_for_fifteen_minutes_and_say_until_when(counter):
    client = counter.browser()
    answers = [sign_in(counter, client, password="falsch-falsch") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429]
    assert "10:57 以后可以再试" in answers[-1].text
    assert sign_in(counter, client).status_code == 429
    counter.clock.advance(timedelta(minutes=14, seconds=59))
    assert sign_in(counter, client).status_code == 429
    counter.clock.advance(timedelta(seconds=1))
    assert sign_in(counter, client).status_code == 302


def test_the_count_starts_anew_after_a_success_and_after_a_lock(counter):
    client = counter.browser()
    for _ in range(4):
        sign_in(counter, client, password="falsch-falsch")
    assert sign_in(counter, client).status_code == 302
    other = counter.browser()
    for _ in range(4):
        assert sign_in(counter, other, password="falsch-falsch").status_code == 401
    assert sign_in(counter, other, password="falsch-falsch").status_code == 429
    counter.clock.advance(timedelta(minutes=15))
    assert sign_in(counter, other, password="falsch-falsch").status_code == 401


def test_a_closed_account_does_not_get_in(counter):
    counter.accounts.change("wei", active=False)
    assert sign_in(counter, counter.browser()).status_code == 401


def test_what_was_typed_stays_but_never_the_password(counter):
    page = sign_in(counter, counter.browser(), "wei", "falsch-falsch").text
    assert 'value="wei"' in page
    assert "falsch-falsch" not in page


# ---- what ends a session


def opens(client):
    return client.get("/work/").status_code == 200


def test_a_changed_role_password_or_closed_account_ends_the_session_at_once(counter):
    for change in ({"session_epoch": 2}, {"active": False}):
        client = counter.browser(desk.CLERK)
        assert opens(client)
        counter.accounts.change("wei", **change)
        assert not opens(client)
        counter.accounts.change("wei", session_epoch=1, active=True)


def test_staff_sessions_end_after_thirty_idle_minutes(counter):
    client = counter.browser(desk.CLERK)
    for _ in range(3):
        counter.clock.advance(timedelta(minutes=29))
        assert opens(client)
    counter.clock.advance(timedelta(minutes=30))
    answer = client.get("/work/?view=mine")
    assert answer.location == "/login?next=/work/?view%3Dmine&why=idle"
    assert "较长时间没有操作" in client.get(answer.location).text


def test_citizens_may_be_idle_for_two_hours(counter):
    client = counter.browser(desk.CITIZEN)
    counter.clock.advance(timedelta(minutes=119))
    assert client.get("/me").status_code == 200
    counter.clock.advance(timedelta(hours=2))
    assert client.get("/me").status_code == 302


def test_every_session_ends_after_twelve_hours(counter):
    client = counter.browser(desk.CLERK)
    for _ in range(35):
        counter.clock.advance(timedelta(minutes=20))
        assert opens(client)
    counter.clock.advance(timedelta(minutes=20))
    assert not opens(client)


def test_signing_out_ends_the_session_even_for_a_kept_cookie(counter):
    client = counter.browser(desk.CLERK)
    kept = client.get_cookie("yichuang").value
    assert counter.post(client, "/logout").status_code == 302
    thief = counter.app.test_client()
    thief.set_cookie("yichuang", kept)
    assert not opens(thief)


def test_a_proved_case_survives_signing_in_and_nothing_else_does(counter):
    counter.tasks.put(desk.task())
    client = counter.browser()
    proof = {"no": desk.CASE.case_no, "phone": desk.CASE.applicant.phone}
    assert counter.post(client, "/track", **proof).status_code == 302
    with client.session_transaction() as session:
        session["planted"] = "x"
    sign_in(counter, client)
    with client.session_transaction() as session:
        assert session["proved_cases"] == [desk.CASE.case_no]
        assert "planted" not in session


# ---- where one is sent


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "javascript:alert(1)",
        "evil",
        "/x\n//evil.example",
        "http:evil.example",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_site(target):
    assert local_path(target) is None


def test_signing_in_leads_back_to_the_page_asked_for(counter):
    assert sign_in(counter, counter.browser(), next="/work/?view=mine").location == "/work/?view=mine"
    assert sign_in(counter, counter.browser(), next="//evil.example").location == "/work/"


# ---- passwords and registration


@pytest.mark.parametrize(
    "weak", ["short", "12345678", "aaaaaaaa", "hgfedcba", "Password123", "x13877700001x", "a" * 129]
)
def test_weak_passwords_are_refused(weak):
    assert passwords.problems(weak, ("13877700001",))


def test_length_is_enough():
    assert passwords.problems("correct horse battery", ("13877700001", None)) == []


NEW = {
    "as": "person",
    "name": "陈秀兰",
    "id_number": "45072119881203452X",
    "phone": "138 7770 0002",
    "password": "correct horse",
    "again": "correct horse",
}


def check_digit(first17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first17 + "10X98765432"[sum(int(a) * b for a, b in zip(first17, weights, strict=True)) % 11]


def register(counter, client, **changes):
    return counter.post(client, "/register", **{**NEW, "id_number": check_digit("45072119881203452"), **changes})


def test_registering_makes_an_account_and_signs_in(counter):
    client = counter.browser()
    answer = register(counter, client)
    assert answer.location == "/my"
    assert client.get("/me").status_code == 200
    made = counter.accounts.by_username("13877700002")
    assert (made.name, made.kind, made.applicant_kind) == ("陈秀兰", "citizen", "person")
    assert made.password_hash.startswith("$argon2id$")


def test_registering_names_every_mistake_and_keeps_what_was_typed(counter):
    answer = register(counter, counter.browser(), id_number="450721198812034520", phone="123", password="12345678")
    assert answer.status_code == 422
    for message in ("身份证号的校验码不对", "手机号应为 11 位", "这个密码太常见"):
        assert message in answer.text
    assert 'value="陈秀兰"' in answer.text
    assert "12345678" not in answer.text


def test_a_phone_number_registers_once(counter):
    register(counter, counter.browser())
    answer = register(counter, counter.browser(), name="另一个人")
    assert answer.status_code == 422
    assert "已经注册过" in answer.text


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(counter):
    here, there = counter.browser(desk.CLERK), counter.browser(desk.CLERK)
    new = {"current": desk.PASSWORD, "new": "荔枝又红了-2027", "again": "荔枝又红了-2027"}
    assert counter.post(here, "/me", **{**new, "current": "falsch"}).status_code == 422
    assert opens(there)
    assert counter.post(here, "/me", **new).status_code == 302
    assert opens(here)
    assert not opens(there)
    assert sign_in(counter, counter.browser(), password="荔枝又红了-2027").status_code == 302
