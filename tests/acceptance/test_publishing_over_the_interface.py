"""Publishing a procedure over the REST interface: what is refused, line and element named, nothing stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import run
from tests.acceptance.callers import ENERGY, Caller, nothing_stored, problem

Call = Callable[[str], Caller]
FOLDER = run.BPMN / "lingshan" / "energy-review"
DIAGRAM = "process.bpmn"
ADDRESS = f"/definitions/{ENERGY}/publish"


def files() -> dict[str, str]:
    """The package in force, as a client sends it."""
    found = [path for path in sorted(FOLDER.rglob("*")) if path.is_file()]
    return {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in found}


def drawn(inner: str) -> str:
    """The diagram with ``inner`` drawn at the end of its process."""
    before, after = files()[DIAGRAM].rsplit("</bpmn:process>", 1)
    return f"{before}{inner}\n</bpmn:process>{after}"


def publish(caller: Caller, **changed: str) -> Any:
    return caller.post(ADDRESS, {"files": {**files(), **changed}, "note": "测试"})


def event(kind: str, definition: str, more: str = "") -> str:
    return f'<bpmn:{kind} id="stray" name="某"{more}><bpmn:{definition}EventDefinition/></bpmn:{kind}>'


def begun_by(definition: str) -> str:
    start = f'<bpmn:startEvent id="inner"><bpmn:{definition}EventDefinition/></bpmn:startEvent>'
    return f'<bpmn:subProcess id="stray" name="某" triggeredByEvent="true">{start}</bpmn:subProcess>'


TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"
CATCH = f'<bpmn:intermediateCatchEvent id="stray" name="等">{TIMER}</bpmn:intermediateCatchEvent>'
TWO_TIMERS = (
    '<bpmn:eventBasedGateway id="stray" name="等">'
    "<bpmn:outgoing>a</bpmn:outgoing><bpmn:outgoing>b</bpmn:outgoing></bpmn:eventBasedGateway>"
    + "".join(
        f'<bpmn:intermediateCatchEvent id="t{one}" name="等">{TIMER}</bpmn:intermediateCatchEvent>'
        f'<bpmn:sequenceFlow id="{one}" sourceRef="stray" targetRef="t{one}"/>'
        for one in "ab"
    )
)
#: what the engine would skip, hang on or loop in → what is drawn
REFUSED = {
    "link throw": event("intermediateThrowEvent", "link"),
    "link catch": event("intermediateCatchEvent", "link"),
    "signal end": event("endEvent", "signal"),
    "compensation throw": event("intermediateThrowEvent", "compensate"),
    "conditional throw": event("intermediateThrowEvent", "conditional"),
    "message catch": event("intermediateCatchEvent", "message"),
    "error end": event("endEvent", "error"),
    "escalation throw": event("intermediateThrowEvent", "escalation"),
    "compensation boundary": event("boundaryEvent", "compensate", ' attachedToRef="accept"'),
    "conditional boundary": event("boundaryEvent", "conditional", ' attachedToRef="accept"'),
    "orphan": '<bpmn:userTask id="stray" name="某"/>',
    "event sub-process by error": begun_by("error"),
    "event sub-process by escalation": begun_by("escalation"),
    "event sub-process by timer": begun_by("timer"),
    "event sub-process by signal": begun_by("signal"),
    "event sub-process by message": begun_by("message"),
    "event gateway with two timers": TWO_TIMERS,
    "ad-hoc sub-process": '<bpmn:adHocSubProcess id="stray" name="某"/>',
    "transaction": '<bpmn:transaction id="stray" name="某"/>',
    "complex gateway": '<bpmn:complexGateway id="stray" name="某"/>',
    "receive task": '<bpmn:receiveTask id="stray" name="某"/>',
    "send task": '<bpmn:sendTask id="stray" name="某"/>',
    "script task": '<bpmn:scriptTask id="stray" name="某"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>',
    "service task": '<bpmn:serviceTask id="stray" name="某"/>',
    "decision table": '<bpmn:businessRuleTask id="stray" name="某"/>',
    "bare task": '<bpmn:task id="stray" name="某"/>',
    "timer without quotes": CATCH,
    "data object": '<bpmn:dataObject id="stray"/>',
    "data object reference": '<bpmn:dataObjectReference id="stray" dataObjectRef="d"/>',
    "data store": '<bpmn:dataStoreReference id="stray"/>',
    "call of itself": '<bpmn:callActivity id="stray" name="某" calledElement="lingshan_energy_review"/>',
}


@pytest.mark.parametrize("inner", REFUSED.values(), ids=REFUSED)
def test_what_the_engine_does_not_carry_out_is_refused_with_line_and_element(
    call: Call, platform: run.Platform, inner: str
) -> None:
    text = drawn(inner)
    line = text[: text.index('id="stray"')].count("\n") + 1
    with nothing_stored(platform):
        body = problem(publish(call("admin"), **{DIAGRAM: text}), 422, "invalid_definition")
    found = [one for one in body["problems"] if one["element"] == "stray" and one["file"] == DIAGRAM]
    assert found, body["problems"]
    assert {one["line"] for one in found} == {line}
    assert re.search("[\u4e00-\u9fff]", found[0]["message"])
    assert body["place"].startswith(f"{DIAGRAM}:")


def changed(old: str, new: str) -> str:
    text = files()[DIAGRAM]
    assert old in text
    return text.replace(old, new, 1)


def condition_on_an_only_flow() -> str:
    condition = '<bpmn:conditionExpression>accept.outcome == "accepted"</bpmn:conditionExpression>'
    flow = '<bpmn:sequenceFlow id="accept_to_accept_result" sourceRef="accept" targetRef="accept_result"'
    return changed(f"{flow}/>", f"{flow}>{condition}</bpmn:sequenceFlow>")


@pytest.mark.parametrize(
    ("text", "element"),
    [
        (condition_on_an_only_flow(), "accept_to_accept_result"),
        (changed(' default="accept_result_to_end_not_accepted"', ""), "accept_result"),
        (changed('calledElement="shared_supplement"', 'calledElement="nowhere"'), "supplement"),
        (changed('role="window"', 'role="king"'), "accept"),
    ],
    ids=["condition on an only flow", "gateway without default", "called process not there", "role not there"],
)
def test_what_the_engine_would_misread_is_refused(call: Call, platform: run.Platform, text: str, element: str) -> None:
    with nothing_stored(platform):
        body = problem(publish(call("admin"), **{DIAGRAM: text}), 422, "invalid_definition")
    (found, *_) = [one for one in body["problems"] if one["element"] == element]
    assert found["line"]


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("这不是 XML", 1),
        ("<bpmn:definitions", 1),
        ("", 1),
        (files()[DIAGRAM].replace("?>\n", f"?>\n{DOCTYPE}\n", 1), 2),
        (files()[DIAGRAM].replace("</bpmn:process>", "", 1), None),
    ],
    ids=["no XML", "cut off", "empty", "DOCTYPE", "not closed"],
)
def test_what_is_no_diagram_is_refused_with_its_line(
    call: Call, platform: run.Platform, text: str, line: int | None
) -> None:
    with nothing_stored(platform):
        body = problem(publish(call("admin"), **{DIAGRAM: text}), 422, "invalid_definition")
    (found,) = [one for one in body["problems"] if one["file"] == DIAGRAM][:1]
    assert found["line"] == line if line else found["line"] > 1
    assert "/etc/passwd" not in str(body)
    assert "root:" not in str(body)


@pytest.mark.parametrize(
    "name",
    [
        "../escape.yaml",
        "/etc/passwd",
        "forms/../../x.yaml",
        "forms/apply.yaml/x.yaml",
        "a\x00b.yaml",
        "forms/" + "长" * 100 + ".yaml",
        "",
        ".",
        "run.py",
        "called/shared_supplement.bpmn",
        "notices\\x.html",
    ],
)
def test_a_path_that_a_package_does_not_have_is_refused(call: Call, platform: run.Platform, name: str) -> None:
    with nothing_stored(platform):
        body = problem(publish(call("admin"), **{name: "x: 1"}), 422, "invalid_definition")
    assert name in [one["file"] for one in body["problems"]]


def test_another_key_than_the_address_says_is_refused(call: Call, platform: run.Platform) -> None:
    with nothing_stored(platform):
        answer = call("admin").post("/definitions/lingshan-feasibility/publish", {"files": files()})
        assert ENERGY in problem(answer, 422, "invalid_definition")["detail"]


def test_a_sound_change_becomes_the_next_version_once(call: Call) -> None:
    admin, citizen = call("admin"), call("company1")
    (now,) = [row for row in admin.get("/definitions").json["definitions"] if row["key"] == ENERGY]
    same = publish(admin)
    assert same.status_code == 201, same.text
    assert same.json["version"] == now["version"]
    item = files()["item.yaml"].replace("0777—6428820", "0777—6428821", 1)
    first, again = (publish(admin, **{"item.yaml": item}) for _ in range(2))
    assert first.json["version"] == now["version"] + 1
    assert first.json["published_by"] == "平台管理员"
    assert again.json == first.json
    versions = admin.get(f"/definitions/{ENERGY}/versions").json["definitions"]
    assert [row["version"] for row in versions][:2] == [now["version"] + 1, now["version"]]
    assert [row["in_force"] for row in versions][:2] == [True, False]
    assert citizen.get(f"/items/{ENERGY}").json["guide"]["contact"] == "0777—6428821"
    # and back again, for the tests that follow
    assert publish(admin).json["definition_id"] == now["definition_id"]
    problem(admin.get("/definitions/nothing/versions"), 404, "unknown_definition")
