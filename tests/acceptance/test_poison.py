# ruff: noqa: E501
"""Poison: packages made to stop the server or other people's cases.

Each is refused before it is published, or its case keeps an incident and stands where it stood; either way the next
case on the same platform goes its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

import run
from engine.clock import ManualClock
from engine.commands import CompleteTask, SubmitCase
from engine.errors import InvalidDefinition, ProcessFault
from engine.records import Actor, Applicant
from processes.bundle import Files
from processes.package import Package
from processes.publish import publish_package
from tests.databases import ENGINES, NewDatabase
from tests.unit.processes.small_packages import AGENCIES, CALLED, ITEM, MAIN, replaced, sound_files
from tests.unit.processes.small_packages import drawn as draw
from webapp.staffing import parents_first

NOW = datetime(2026, 9, 14, 1, 30, tzinfo=UTC)
WINDOW = Actor("zhang", "张三", "450721-spj", frozenset({"450721-spj:window"}))
CITIZEN = Actor("u-1", "覃小明")
APPLICANT = Applicant("覃小明", "450721199003078512", "13877700001", user_id="u-1")
END = "</bpmn:process>"
ASSIGN = '<bpmn:extensionElements><yc:limit value="1"/><yc:assign role="window"/><yc:outcome code="ok" name="好"/></bpmn:extensionElements>'


def drawn(process: str) -> bytes:
    """The process with a shape for each of its sub-processes too."""
    shapes = "".join(
        f'<bpmndi:BPMNShape bpmnElement="{id}"><dc:Bounds x="0" y="0" width="1" height="1"/></bpmndi:BPMNShape>'
        for id in re.findall(r'<bpmn:subProcess id="(\w+)"', process)
    )
    return draw(process).replace(b"</bpmndi:BPMNPlane>", f"{shapes}</bpmndi:BPMNPlane>".encode())


def main(*changes: tuple[str, str], **called: str) -> Files:
    drawings = {f"called/{name}.bpmn": drawn(process) for name, process in called.items()}
    return {**sound_files(), "process.bpmn": drawn(replaced(MAIN, *changes)), **drawings}


def condition(expression: str) -> Files:
    """The condition behind 受理 replaced."""
    text = expression.replace("&", "&amp;").replace("<", "&lt;")
    return main(('apply.area &gt; 100 or apply.kind == "food"', text))


def inspecting(marker: str, inner: str = "") -> Files:
    """核查 with a multi-instance marker."""
    node = '<bpmn:userTask id="inspect" name="核查">'
    return main((node, node + marker + inner))


def many(count: str, item: str = "") -> str:
    return f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{count}</bpmn:loopCardinality>{item}</bpmn:multiInstanceLoopCharacteristics>"


def each_of(items: str) -> str:
    return f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>{items}</bpmn:loopDataInputRef></bpmn:multiInstanceLoopCharacteristics>"


def instead_of_inspect(xml: str) -> Files:
    """``xml`` (a node with the id ``inspect``) where 核查 was; every case of over 100 m² comes to it after 受理."""
    old = next(line for line in MAIN.splitlines() if 'id="inspect"' in line)
    return main((old, xml))


def scope(id: str, inner: str, marker: str = "") -> str:
    """A sub-process around one node with the id ``<id>_in``."""
    return (
        f'<bpmn:subProcess id="{id}" name="内层">{marker}<bpmn:startEvent id="{id}_s" name="始"/>{inner}<bpmn:endEvent id="{id}_e" name="终"/>'
        f'<bpmn:sequenceFlow id="{id}_1" sourceRef="{id}_s" targetRef="{id}_in"/><bpmn:sequenceFlow id="{id}_2" sourceRef="{id}_in" targetRef="{id}_e"/></bpmn:subProcess>'
    )


def task(id: str, marker: str = "") -> str:
    return f'<bpmn:userTask id="{id}" name="办">{ASSIGN}{marker}</bpmn:userTask>'


def nested(depth: int, marker: str = "") -> str:
    """Sub-processes inside each other, the innermost around a task."""
    xml = task(f"n{depth}_in", marker)
    for level in range(depth, 0, -1):
        inner_id = "inspect" if level == 1 else f"n{level - 1}_in"
        xml = scope(f"n{level}", xml, marker).replace(f'id="n{level}" ', f'id="{inner_id}" ')
    return xml


def caller(id: str, *targets: str) -> str:
    calls = "".join(
        f'<bpmn:callActivity id="{id}_{n}" name="调用" calledElement="{t}"/>' for n, t in enumerate(targets)
    )
    ids = [f"{id}_s", *(f"{id}_{n}" for n in range(len(targets))), f"{id}_e"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="{id}_f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairwise(ids))
    )
    return f'<bpmn:process id="{id}" isExecutable="true"><bpmn:startEvent id="{ids[0]}" name="始"/>{calls}<bpmn:endEvent id="{ids[-1]}" name="终"/>{flows}</bpmn:process>'


def calling(target: str, **called: str) -> Files:
    """The supplement calls ``target``."""
    more = f'<bpmn:callActivity id="deeper" name="续" calledElement="{target}"/>'
    files = main(**called)
    files["called/shared_supplement.bpmn"] = drawn(
        replaced(
            CALLED,
            (
                'sourceRef="supplement_fill" targetRef="supplement_end"',
                'sourceRef="supplement_fill" targetRef="deeper"',
            ),
            (END, f'{more}<bpmn:sequenceFlow id="s3" sourceRef="deeper" targetRef="supplement_end"/>{END}'),
        )
    )
    return files


def raw(diagram: bytes) -> Files:
    return {**sound_files(), "process.bpmn": diagram}


def extra(xml: str) -> Files:
    return main((END, xml + END))


def row(length: int) -> str:
    """So many tasks between 核查 and 审查."""
    names = ["inspect", *(f"x{n}" for n in range(length)), "review"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="y{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairwise(names))
    )
    return "".join(map(task, names[1:-1])) + flows


BILLION = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    + "]><x>&j;</x>"
)
F6 = '<bpmn:sequenceFlow id="f6" sourceRef="inspect" targetRef="review"/>'

#: what the poison is → the rule that refuses it, and the package
REFUSED: dict[str, tuple[str, Files]] = {
    "a process that calls itself": ("call-cycle", calling("shared_supplement")),
    "two that call each other": ("call-cycle", calling("shared_a", shared_a=caller("shared_a", "shared_b"), shared_b=caller("shared_b", "shared_a"))),
    "calls that multiply twentyfold at each of nine steps": ("call-cycle", calling("shared_0", **{f"shared_{n}": caller(f"shared_{n}", *[f"shared_{n + 1}"] * 20) for n in range(9)}, shared_9=caller("shared_9"))),
    "forty calls deep": ("call-cycle", calling("shared_0", **{f"shared_{n}": caller(f"shared_{n}", f"shared_{n + 1}") for n in range(40)}, shared_40=caller("shared_40"))),
    "9**9**9": ("condition-syntax", condition("9**9**9 > 1")),
    "a shift of a billion bits": ("condition-syntax", condition("1 << 1000000000 > 1")),
    "a number of nine hundred digits": ("condition-syntax", condition(f"apply.area > {'9' * 900}")),
    "a comprehension": ("condition-syntax", condition("len([x for x in [1]]) > 0")),
    "a lambda that calls itself": ("condition-syntax", condition("(lambda f: f(f))(lambda f: f(f))")),
    "a dunder walk": ("condition-syntax", condition("apply.__class__.__base__.__subclasses__()")),
    "a format string": ("condition-syntax", condition("'{:>999999999}'.format(1) == ''")),
    "three hundred brackets": ("condition-syntax", condition("(" * 300 + "apply.area > 1" + ")" * 300)),
    "two hundred nots": ("condition-syntax", condition("not " * 240 + "apply.area")),
    "a megabyte of condition": ("condition-syntax", condition(" or ".join(["apply.area > 1"] * 60_000))),
    "a regex": ("condition-syntax", condition("re.match('(a+)+$', 'a' * 40)")),
    "a billion laughs": ("xml", raw(BILLION.encode())),
    "a file of the machine": ("xml", raw(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>')),
    "an XML ten thousand deep": ("xml", raw(b"<a>" * 10_000 + b"</a>" * 10_000)),
    "three megabytes of diagram": ("bundle", raw(drawn(MAIN) + b"<!--" + b"x" * 3_000_000 + b"-->")),
    "three hundred tasks in a row": ("engine", main((F6, row(300)))),
    "five thousand flows": ("xml", extra("".join(f'<bpmn:sequenceFlow id="x{n}" sourceRef="inspect" targetRef="review"/>' for n in range(5000)))),
    "sub-processes a hundred deep": ("xml", instead_of_inspect(nested(100))),
    "a script": ("unsupported-element", extra('<bpmn:scriptTask id="x" name="脚本"><bpmn:script>while True: pass</bpmn:script></bpmn:scriptTask>')),
    "a data object that feeds itself": ("unsupported-element", extra('<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="r" dataObjectRef="r"/>')),
    "an event sub-process": ("unsupported-element", extra('<bpmn:subProcess id="x" name="事件" triggeredByEvent="true"/>')),
    "a timer that repeats for ever": ("timer", main(("<bpmn:timerEventDefinition/>", '<bpmn:timerEventDefinition><bpmn:timeCycle>"R/PT0S"</bpmn:timeCycle></bpmn:timerEventDefinition>'))),
    "a limit of a billion working days": ("vocabulary", main(('<yc:limit value="30" unit="day"/>', '<yc:limit value="1000000000"/>'))),
    "a standard loop without an end": ("unsupported-element", main(('<bpmn:userTask id="review" name="审查">', '<bpmn:userTask id="review" name="审查"><bpmn:standardLoopCharacteristics/>'))),
    "a form ten thousand deep": ("form", {**sound_files(), "forms/apply.yaml": b"[" * 10_000 + b"]" * 10_000}),
    "a form of aliases": ("form", {**sound_files(), "forms/apply.yaml": ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9))).encode()}),
    "an item of four megabytes": ("bundle", {**sound_files(), "item.yaml": ITEM.encode() + b"#" * 4_000_000}),
}  # fmt: skip


SPIN = (
    '<bpmn:exclusiveGateway id="inspect" name="转"/><bpmn:exclusiveGateway id="out" name="出" default="round"/>'
    '<bpmn:sequenceFlow id="to_out" sourceRef="inspect" targetRef="out"/><bpmn:sequenceFlow id="round" sourceRef="out" targetRef="inspect"/>'
    '<bpmn:sequenceFlow id="f6" name="不会" sourceRef="out" targetRef="review"><bpmn:conditionExpression>apply.area == 0</bpmn:conditionExpression></bpmn:sequenceFlow>'
)  # fmt: skip


def spinning() -> Files:
    old = next(line for line in MAIN.splitlines() if 'id="inspect"' in line)
    return main((old, SPIN), (F6, ""))


STUCK: dict[str, Files] = {
    "an endless loop of gateways": spinning(),
    "a million instances": inspecting(many("1000000")),
    "as many instances as the applicant says": inspecting(many("apply.area * 1000")),
    "fifty times fifty times fifty instances": instead_of_inspect(nested(2, many("50"))),
    "instances of a number": inspecting(each_of("apply.area")),
    "a division by zero": condition("1 / (apply.area - apply.area) > 1"),
    "a text as large as a number": condition('apply.kind > apply.area'),
    "a missing value": condition('apply.kind > "food"'),
    "a number beyond all numbers": condition("apply.area * 999999999999999 * 999999999999999 > 1"),
    "neither true nor false": condition("apply.area"),
    "an organisation worked out to nothing": main(('<yc:assign role="window"/><yc:form', '<yc:assign role="window" org="=apply.kind"/><yc:form')),
    "an organisation that does not exist": main(('<yc:assign role="window"/><yc:form', '<yc:assign role="window" org="=&quot;nowhere&quot;"/><yc:form')),
}  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def town(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:  # fmt: skip
    """A platform with a healthy item; ``publish`` and ``accept`` act on it."""
    with new_database(request.param) as url:
        settings = run.Settings(home=tmp_path_factory.mktemp("home"), database_url=url)
        platform = run.build(settings, ManualClock(NOW))
        for organisation in parents_first(AGENCIES.organisations):
            platform.services.accounts.add_organisation(organisation)

        def publish(files: Files) -> str:
            package = Package.from_files(files)
            row = publish_package(package, platform.services.store, AGENCIES, by="测试", note="", at=NOW)
            return row.definition_id

        publish(sound_files())
        yield SimpleNamespace(platform=platform, services=platform.services, publish=publish)
        platform.database.close()


def submit(town: SimpleNamespace) -> str:
    form = {"area": 120, "secret": "nowhere"}
    case_no: str = town.services.execute(SubmitCase(CITIZEN, "town-shop-permit", APPLICANT, form)).case_no
    return case_no


def complete(town: SimpleNamespace, case_no: str, node_id: str, outcome: str, **form: object) -> None:
    tasks = town.services.cases.view(case_no).tasks
    task_id = next(one.task_id for one in tasks if one.node_id == node_id and one.status in ("open", "claimed"))
    town.services.execute(CompleteTask(WINDOW, task_id, outcome, form=form))


def assert_others_go_on(town: SimpleNamespace, case_no: str) -> None:
    complete(town, case_no, "accept", "accepted")
    complete(town, case_no, "inspect", "done")
    assert [one.node_id for one in town.services.cases.view(case_no).tasks if one.status == "open"] == ["review"]


@pytest.mark.parametrize("name", REFUSED)
def test_poison_is_refused_before_it_is_published(town: SimpleNamespace, name: str) -> None:
    rule, files = REFUSED[name]
    before = town.services.store.current("town-shop-permit")
    with pytest.raises(InvalidDefinition) as caught:
        town.publish(files)
    assert rule in {problem.rule for problem in caught.value.problems}, caught.value.problems
    assert town.services.store.current("town-shop-permit") == before


@pytest.mark.parametrize("name", STUCK)
def test_a_case_that_is_poisoned_stands_with_an_incident_and_others_go_on(town: SimpleNamespace, name: str) -> None:
    healthy = submit(town)
    town.publish(STUCK[name])
    try:
        case_no = submit(town)
        before = town.services.cases.view(case_no)
        for _ in range(2):
            with pytest.raises(ProcessFault):
                complete(town, case_no, "accept", "accepted")
    finally:
        town.publish(sound_files())
    after = town.services.cases.view(case_no)
    assert (after.case, after.tasks, after.history) == (before.case, before.tasks, before.history)
    (row,) = [one for one in town.services.incidents.page().rows if one.incident.case_no == case_no]
    assert (row.incident.times, row.incident.node_id, row.is_open) == (2, "accept", True)
    assert row.incident.message
    assert_others_go_on(town, healthy)


def test_a_timer_into_poison_holds_up_no_other_timer(town: SimpleNamespace) -> None:
    poisoned = ('sourceRef="more_late" targetRef="lapsed"', 'sourceRef="more_late" targetRef="bad"')
    split = (
        '<bpmn:exclusiveGateway id="bad" name="坏" default="bad_1"/><bpmn:sequenceFlow id="bad_1" sourceRef="bad" targetRef="lapsed"/>'
        '<bpmn:sequenceFlow id="bad_2" name="错" sourceRef="bad" targetRef="rejected"><bpmn:conditionExpression>apply.kind &gt; apply.area</bpmn:conditionExpression></bpmn:sequenceFlow>'
    )  # fmt: skip
    town.publish(main(poisoned, (END, split + END)))
    stuck = submit(town)
    complete(town, stuck, "accept", "supplement")
    town.publish(sound_files())
    healthy = submit(town)
    complete(town, healthy, "accept", "supplement")
    clock = town.services.clock
    clock.set(NOW + timedelta(days=60))
    try:
        assert town.platform.sweeper.sweep().failed == 1
        assert town.services.cases.view(healthy).case.result == "lapsed"
        assert town.services.cases.view(stuck).case.result is None
        (row,) = [one for one in town.services.incidents.page().rows if one.incident.case_no == stuck]
        assert (row.incident.node_id, row.incident.act, row.task) == ("more_late", "fire_timer", None)
        assert row.incident.retry_at > clock.now()
        assert town.platform.sweeper.sweep().failed == 0  # not yet again
    finally:
        clock.set(NOW)


def test_there_is_enough_poison() -> None:
    assert len(REFUSED) + len(STUCK) + 1 >= 30
