"""The whole main job over the REST interface alone, and the chain of records that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import run
from engine.clock import ManualClock
from tests.acceptance.callers import (
    APPROVER,
    COMPANY,
    ENERGY,
    REVIEWER,
    WINDOW,
    Caller,
    answers,
    applicant,
    application,
    apply,
    waiting,
)
from tests.acceptance.conftest import MONDAY

Call = Callable[[str], Caller]


def complete(caller: Caller, task_id: str, outcome: str, opinion: str = "符合条件", **more: object) -> dict:
    """Claim and complete a task as it stands."""
    task = caller.get(f"/tasks/{task_id}").json
    assert outcome in [one["code"] for one in task["outcomes"]]
    claimed = caller.post(f"/tasks/{task_id}/claim", {"version": task["version"]})
    assert claimed.status_code == 200, claimed.text
    assert claimed.json["task_version"] == task["version"] + 1
    platform = caller.platform
    node = platform.services.definitions.current(task["item_key"]).process.nodes[task["node_id"]]
    values = answers(
        platform,
        platform.services.definitions.current(task["item_key"]).id,
        node.ext.form,
        platform.services.clock.now().date(),
    )
    body = {
        "outcome": outcome,
        "opinion": opinion,
        "form": {**values, **more},
        "version": claimed.json["task_version"],
    }
    done = caller.post(f"/tasks/{task_id}/complete", body)
    assert done.status_code == 200, done.text
    return dict(done.json)


def test_from_the_catalog_to_the_conclusion(call: Call, platform: run.Platform) -> None:
    citizen, window, reviewer, approver = (call(name) for name in (COMPANY, WINDOW, REVIEWER, APPROVER))

    found = citizen.get("/items", text="节能审查").json["items"]
    assert [item["key"] for item in found] == [ENERGY]
    guide = citizen.get(f"/items/{found[0]['code'] or ENERGY}").json
    assert guide["key"] == ENERGY
    assert {field["key"] for field in guide["form"]} >= {"project_name", "coal"}
    materials = [material["id"] for material in guide["guide"]["materials"]]
    assert guide["steps"]

    files = [citizen.hand_in(item=ENERGY, field=material, filename=f"{material}.pdf") for material in materials]
    form = answers(platform, guide["definition_id"], "apply", MONDAY.date())
    body = {"item": ENERGY, "applicant": applicant(), "form": form, "attachments": files}
    handed_in = citizen.post("/cases", body)
    assert handed_in.status_code == 201, handed_in.text
    case_no = handed_in.json["case_no"]
    assert handed_in.headers["Location"] == f"/api/v1/cases/{case_no}"
    assert handed_in.json["case_status"] == "submitted"
    assert [case["case_no"] for case in citizen.get("/cases", text=case_no).json["cases"]] == [case_no]

    inbox = window.get("/tasks", scope="claimable", item=ENERGY, text=case_no).json["tasks"]
    assert [task["case_no"] for task in inbox] == [case_no]
    asked = complete(window, inbox[0]["task_id"], "supplement", "节能报告缺少编制单位签章页", missing=["energy_report"])
    assert asked["case_status"] == "supplement"

    # the applicant answers with a file, which the form's file question takes by itself
    task = waiting(citizen, case_no)
    again = citizen.hand_in(task_id=task["task_id"], field="energy_report", filename="签章页.pdf")
    outcome = citizen.get(f"/tasks/{task['task_id']}").json["outcomes"][0]["code"]
    answered = citizen.post(f"/tasks/{task['task_id']}/complete", {"outcome": outcome, "attachments": [again]})
    assert answered.status_code == 200, answered.text
    view = platform.services.cases.view(case_no)
    assert view is not None
    (kept,) = [form for form in view.forms if form.task_id == task["task_id"]]
    assert [again] in kept.values.values()
    assert {file.attachment_id for file in view.attachments} == {*files, again}

    assert complete(window, waiting(window, case_no)["task_id"], "accepted")["case_status"] != "supplement"
    for _ in range(10):
        case = window.get(f"/cases/{case_no}").json
        if case["status"] == "concluded":
            break
        task = waiting(window, case_no)
        who = next(
            caller
            for caller in (approver, reviewer, window)
            if caller.get("/tasks", scope="claimable", text=case_no).json["tasks"]
        )
        first = who.get(f"/tasks/{task['task_id']}").json["outcomes"][0]["code"]
        complete(who, task["task_id"], first)
    assert case["result"] == "granted"
    assert case["accepted_at"].endswith("+00:00")
    assert citizen.get(f"/cases/{case_no}").json["tasks"] == []
    assert citizen.get("/cases", status="concluded", text=case_no).json["cases"]

    told = window.get(f"/cases/{case_no}/timeline").json
    assert [entry["seq"] for entry in told["history"]] == list(range(1, len(told["history"]) + 1))
    assert len({entry["hash"] for entry in told["history"]}) == len(told["history"])
    assert any(line["who"] == "陈美玲" for line in told["lines"])


def test_the_applicant_is_told_what_happened_but_not_who_did_it(call: Call) -> None:
    citizen, window = call(COMPANY), call(WINDOW)
    case_no = apply(citizen)
    complete(window, waiting(window, case_no)["task_id"], "not_accepted", "不属于本机关职权")
    told = citizen.get(f"/cases/{case_no}/timeline").json
    assert told["history"] == []
    assert told["lines"]
    assert {line["who"] for line in told["lines"]} == {None}
    assert "陈美玲" not in citizen.get(f"/cases/{case_no}/timeline").text


def test_pages_of_a_list_follow_each_other_without_gap_or_repetition(call: Call) -> None:
    citizen, window = call(COMPANY), call(WINDOW)
    numbers = {apply(citizen) for _ in range(3)}
    for path, rows, who in (("/cases", "cases", citizen), ("/tasks", "tasks", window)):
        seen: list[str] = []
        cursor, query = None, {"limit": 2, "item": ENERGY}
        while True:
            page = who.get(path, **query, **({"cursor": cursor} if cursor else {})).json
            assert len(page[rows]) <= 2
            seen += [row["case_no"] for row in page[rows]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert len(seen) == len(set(seen))
        assert numbers <= set(seen)


def test_a_file_question_of_an_application_is_answered_by_an_upload(call: Call, platform: run.Platform) -> None:
    item, firm = "wuhou-restaurant-bundle", call("company3")
    given = application(firm, item)
    layout = firm.hand_in(item=item, field="layout", filename="布局.pdf")
    answer = firm.post("/cases", {**given, "attachments": [*given["attachments"], layout]})
    assert answer.status_code == 201, answer.text
    view = platform.services.cases.view(answer.json["case_no"])
    assert view is not None
    assert view.forms[0].values["layout"] == layout


def test_a_task_is_overdue_when_its_limit_has_passed(call: Call, platform: run.Platform) -> None:
    citizen, window = call(COMPANY), call(WINDOW)
    task = waiting(window, apply(citizen))
    query = {"due": "overdue", "text": task["case_no"], "scope": "group"}
    assert window.get("/tasks", **query).json["tasks"] == []
    assert isinstance(platform.services.clock, ManualClock)
    platform.services.clock.set(datetime.fromisoformat(task["due_at"]) + timedelta(seconds=1))
    assert [row["task_id"] for row in window.get("/tasks", **query).json["tasks"]] == [task["task_id"]]
