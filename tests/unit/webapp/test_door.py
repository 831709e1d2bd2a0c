"""Who may call which address, for every route and every kind of visitor; tokens; headers."""

from __future__ import annotations

import re

import counter as desk
import pytest

from webapp.auth.access import PUBLIC, rule_for
from webapp.auth.session import token_hash

VISITORS = {"guest": None, "citizen": desk.CITIZEN, "clerk": desk.CLERK, "admin": desk.ADMIN}

EVERYBODY = frozenset(VISITORS)
SIGNED_IN = EVERYBODY - {"guest"}
STAFF = frozenset({"clerk", "admin"})
ADMINS = frozenset({"admin"})

#: endpoint → who passes the door; a route that is missing here fails the test below
WHO = {
    "static": EVERYBODY,
    "probes.*": EVERYBODY,
    "portal.*": EVERYBODY,
    "auth.login": EVERYBODY,
    "auth.login_post": EVERYBODY,
    "auth.register": EVERYBODY,
    "auth.register_post": EVERYBODY,
    "auth.logout": EVERYBODY,
    "auth.me": SIGNED_IN,
    "auth.me_post": SIGNED_IN,
    "work.inbox": STAFF,
    "work.claim_many": STAFF,
    "work.claim_next": STAFF,
    "work.task": STAFF,
    "work.claim": STAFF,
    "work.release": STAFF,
    "work.complete": STAFF,
    "work.cases": STAFF,
    "work.case": STAFF,
    "work.messages": STAFF,
    "supervision.*": frozenset(),
    "supervision.warnings": STAFF,
    "supervision.warnings_csv": STAFF,
    "supervision.warning": STAFF,
    "supervision.explain": STAFF,
    "api_supervision.*": STAFF,
    "admin.definitions": STAFF,
    "admin.definition": STAFF,
    "admin.organisations": ADMINS,
    "admin.users": ADMINS,
    "admin.incidents": ADMINS,
    "admin.incident": ADMINS,
    "admin.retry_incident": ADMINS,
    "admin.ask_again": ADMINS,
    "admin.settle_incident": ADMINS,
    "admin.terminate_case": ADMINS,
    "admin.calendars": ADMINS,
    "admin.calendar_days": ADMINS,
    "admin.calendar_clear": ADMINS,
    "admin.calendar_hours": ADMINS,
    "admin.calendar_import": ADMINS,
    "api-docs.*": EVERYBODY,
    "api_items.*": EVERYBODY,
    "api_cases.*": SIGNED_IN,
    "api_tasks.*": SIGNED_IN,
    "api_operations.*": SIGNED_IN,
    "api_operations.Bulk": STAFF,
    "api_operations.HandOver": ADMINS,
    "api_steering.*": SIGNED_IN,
    "api_files.*": SIGNED_IN,
    "api_definitions.*": STAFF,
    "api_definitions.Publish": ADMINS,
}


@pytest.fixture
def counter(tmp_path):
    made = desk.open_counter(tmp_path)
    made.tasks.put(desk.task())
    made.incidents.rows = [desk.incident()]
    return made


def declared(endpoint):
    blueprint, _, _ = endpoint.rpartition(".")
    return WHO.get(endpoint) or WHO.get(f"{blueprint}.*")


def test_every_route_has_a_rule_and_stands_in_this_table(counter):
    endpoints = {rule.endpoint for rule in counter.app.url_map.iter_rules()}
    assert [one for one in sorted(endpoints) if rule_for(one) is None] == []
    assert [one for one in sorted(endpoints) if declared(one) is None] == []


def test_the_rules_say_what_this_table_says(counter):
    for endpoint in {rule.endpoint for rule in counter.app.url_map.iter_rules()}:
        passing = {name for name, user in VISITORS.items() if rule_for(endpoint).passes(user)}
        assert passing == declared(endpoint), endpoint


def test_the_door_keeps_every_route_to_its_rule(counter):
    browsers = {name: counter.browser(user) for name, user in VISITORS.items()}
    values = {
        "task_id": "t-accept",
        "case_no": desk.CASE.case_no,
        "definition_id": desk.VERSION,
        "key": desk.ITEM,
        "deadline": "case",
        "level": "red",
        "ref": "t-accept",
    }
    for rule in counter.app.url_map.iter_rules():
        if rule_for(rule.endpoint) is PUBLIC or "GET" not in rule.methods or rule.rule.startswith("/api/"):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values.get(match[1], "x"), rule.rule)
        for name, client in browsers.items():
            status = client.get(path).status_code
            if name in declared(rule.endpoint):
                assert status == 200, (path, name)
            else:
                assert status == (302 if name == "guest" else 403), (path, name)


def test_a_route_nobody_declared_is_closed_to_everybody(tmp_path):
    counter = desk.open_counter(tmp_path)
    counter.app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert counter.browser(desk.ADMIN).get("/forgotten").status_code == 403


def test_an_unknown_address_is_not_found_rather_than_forbidden(counter):
    assert counter.browser().get("/work/nowhere").status_code == 404


# ---- object access


@pytest.mark.parametrize("path", ["/work/tasks/t-accept", f"/work/cases/{desk.CASE.case_no}"])
def test_a_clerk_of_another_agency_does_not_reach_the_case(counter, path):
    assert counter.browser(desk.CLERK).get(path).status_code == 200
    answer = counter.browser(desk.STRANGER).get(path)
    assert answer.status_code == 403
    assert "覃" not in answer.text


def test_the_interface_completes_a_task_only_for_an_agency_of_the_case(counter):
    counter.accounts.tokens |= {token_hash("wei's"): "wei", token_hash("he's"): "he"}
    client, path = counter.app.test_client(), "/api/v1/tasks/t-accept/complete"
    body = {"outcome": "accepted", "opinion": "齐全", "form": {}}

    def complete(token):
        return client.post(path, json=body, headers={"Authorization": f"Bearer {token}"}).status_code

    assert complete("he's") == 403
    assert not counter.done
    assert complete("wei's") == 200
    # the task is another agency's, the case is its own agency's
    counter.tasks.put(desk.task(group=f"{desk.ELSEWHERE}:window", org=desk.ELSEWHERE))
    assert complete("wei's") == 200
    assert [command.actor.user_id for command in counter.done] == ["wei", "wei"]


def test_an_agency_that_had_a_task_in_the_case_reaches_it(counter):
    elsewhere = {"group": f"{desk.ELSEWHERE}:window", "org": desk.ELSEWHERE, "status": "done", "assignee_id": "x"}
    counter.tasks.put(desk.task("t-old", **elsewhere))
    assert counter.browser(desk.STRANGER).get(f"/work/cases/{desk.CASE.case_no}").status_code == 200


def test_particulars_stand_in_full_only_before_whoever_may_work_the_task(counter):
    assert "450721199003078512" in counter.browser(desk.CLERK).get("/work/tasks/t-accept").text
    counter.tasks.put(desk.claimed(desk.COLLEAGUE))
    masked = counter.browser(desk.CLERK).get("/work/tasks/t-accept").text
    assert "450721199003078512" not in masked
    assert "4507**********8512" in masked
    assert "覃*明" in masked
    assert "13877700001" not in counter.browser(desk.COLLEAGUE).get(f"/work/cases/{desk.CASE.case_no}").text


def test_the_list_of_cases_asks_for_ones_own_organisations_only(counter):
    asked = []
    counter.tasks.page = lambda query, bounds=None: asked.append(query) or desk.Page([])
    counter.browser(desk.STRANGER).get("/work/cases?q=覃")
    assert asked[-1].orgs == frozenset({desk.ELSEWHERE})
    assert asked[-1].text == "覃"


# ---- forged requests


def test_a_form_without_the_token_is_refused_and_shows_what_was_written(counter):
    counter.tasks.put(desk.claimed())
    client = counter.browser(desk.CLERK)
    opinion = "材料不齐，缺少法定代表人签字。"
    answer = client.post("/work/tasks/t-accept/complete", data={"outcome": "accepted", "opinion": opinion})
    assert answer.status_code == 400
    assert opinion in answer.text
    assert counter.done == []


@pytest.mark.parametrize(
    "path",
    [
        "/logout",
        "/login",
        "/register",
        "/me",
        "/work/claim",
        "/work/next",
        "/work/tasks/t-accept/claim",
        "/work/tasks/t-accept/release",
    ],
)
def test_every_form_of_a_signed_in_browser_needs_the_token(counter, path):
    client = counter.browser(desk.CLERK)
    assert client.post(path, data={"csrf_token": "forged"}).status_code == 400
    assert counter.done == []
    assert client.get("/work/").status_code == 200


def test_what_was_written_on_a_page_whose_session_ran_out_is_shown_again(counter):
    counter.tasks.put(desk.claimed())
    client = counter.browser(desk.CLERK)
    token = counter.token(client)
    counter.clock.advance(desk.timedelta(minutes=31))
    opinion = "材料不齐，缺少法定代表人签字。"
    form = {"csrf_token": token, "outcome": "accepted", "opinion": opinion, "password": "geheim geheim"}
    answer = client.post("/work/tasks/t-accept/complete", data=form)
    assert answer.status_code == 401
    assert opinion in answer.text
    assert "geheim" not in answer.text
    assert counter.done == []


def test_a_bearer_token_opens_the_interface_and_nothing_else(counter):
    counter.accounts.tokens[token_hash("geheim")] = "wei"
    client = counter.app.test_client()
    headers = {"Authorization": "Bearer geheim"}
    with counter.app.test_request_context("/api/v1/tasks", headers=headers):
        from webapp.identity import account

        assert account() == counter.accounts.by_id("wei")
    assert client.get("/work/", headers=headers).status_code == 302


def test_a_bearer_token_is_not_mixed_with_a_session(counter):
    client = counter.browser(desk.ADMIN)
    cookie = client.get_cookie("yichuang").value
    headers = {"Authorization": "Bearer unknown", "Cookie": f"yichuang={cookie}"}
    with counter.app.test_request_context("/api/v1/tasks", headers=headers):
        from webapp.identity import account

        assert account() is None


# ---- headers


def test_pages_carry_the_security_headers(counter):
    headers = counter.browser().get("/login").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_pages_of_a_signed_in_account_are_not_kept_by_anybody(counter):
    client = counter.browser(desk.CLERK)
    for path in ("/work/", "/me", "/", "/work/tasks/t-accept"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def test_the_cookie_is_kept_from_scripts_and_other_sites(counter):
    cookie = counter.browser(desk.CLERK).get_cookie("yichuang")
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_secure_cookies_are_bound_to_the_host(tmp_path):
    config = desk.WebConfig(secret_key="x" * 40, home=tmp_path, secure_cookies=True)
    app = desk.create_app(desk.open_counter(tmp_path).services(), config)
    cookie = app.test_client().get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-yichuang=")
    assert "Secure" in cookie


def test_guessing_is_limited_per_address(tmp_path):
    config = desk.WebConfig(secret_key="x" * 40, home=tmp_path)
    counter = desk.open_counter(tmp_path)
    counter.app = desk.create_app(counter.services(), config)
    client = counter.browser()
    token = counter.token(client)
    form = {"csrf_token": token, "username": "", "password": ""}
    statuses = [client.post("/login", data=form).status_code for _ in range(31)]
    assert statuses == [422] * 30 + [429]
