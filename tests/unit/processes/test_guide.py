from __future__ import annotations

from small_packages import AGENCIES, MAIN, drawn, main_with, replaced, sound_files

from engine.elements import Unit
from processes.bundle import Files
from processes.guide import Counting, Guide, Sum, guide
from processes.package import Package


def made(files: Files) -> Guide:
    package = Package.from_files(files)
    return guide(package, lambda assign: AGENCIES.words(assign, package.item.owner))


def test_the_steps_follow_the_good_way() -> None:
    steps = made(sound_files()).steps
    assert [s.name for s in steps] == ["申请", "受理", "核查", "审查", "决定", "送达"]
    assert [s.who for s in steps] == [
        "申请人", "镇审批局综合窗口", "镇审批局综合窗口", "镇审批局综合窗口", "镇审批局审批负责人", "镇审批局综合窗口",
    ]  # fmt: skip
    assert [s.limit for s in steps] == [None, "1个工作日", "10个工作日", "3个工作日", "1个工作日", "10个工作日"]


def test_time_counts_from_acceptance_to_decision_unless_excluded() -> None:
    steps = {s.node_id: s for s in made(sound_files()).steps}
    counting = {id: step.counting for id, step in steps.items()}
    assert counting == {
        "apply": Counting.OUTSIDE, "accept": Counting.OUTSIDE, "inspect": Counting.EXCLUDED, "review": Counting.COUNTS,
        "decide": Counting.COUNTS, "deliver": Counting.OUTSIDE,
    }  # fmt: skip
    assert steps["inspect"].basis == "第四十五条"
    assert [steps[id].counting_words for id in ("review", "inspect", "deliver")] == ["计入承诺", "不计入承诺", "承诺外"]


def test_without_a_promise_time_counts_towards_the_statutory_limit_or_nothing() -> None:
    files = sound_files()
    promise = b"promised: {value: 4, unit: workday}"
    files["item.yaml"] = files["item.yaml"].replace(promise, b"promised: null")
    assert {s.counting_words for s in made(files).steps} == {"计入时限", "不计入时限", "时限外"}
    files["item.yaml"] = files["item.yaml"].replace(b"statutory: {value: 20, unit: workday}", b"statutory: null")
    assert {s.counting_words for s in made(files).steps} == {None}


def test_a_step_that_some_cases_pass_by_is_told_so() -> None:
    assert [s.node_id for s in made(sound_files()).steps if not s.always] == ["inspect"]


def test_the_counting_steps_add_up() -> None:
    counted = made(sound_files()).counted
    assert counted == Sum((3, 1), Unit.WORKDAY)
    assert counted.words == "3 ＋ 1 ＝ 4个工作日"


def test_there_is_no_sum_where_a_limit_is_missing_or_units_differ() -> None:
    assert made(main_with(('<yc:limit value="3"/>', ""))).counted is None
    assert made(main_with(('<yc:limit value="3"/>', '<yc:limit value="3" unit="day"/>'))).counted is None


def test_a_limit_that_the_diagram_lacks_is_told_as_published() -> None:
    files = main_with(('<yc:limit value="1"/><yc:stage name="accept"/>', '<yc:stage name="accept"/>'))
    assert made(files).steps[1].limit == "当场"


def test_a_call_is_one_step_worked_by_whom_works_inside() -> None:
    files = sound_files()
    files["process.bpmn"] = drawn(
        replaced(
            MAIN,
            ('sourceRef="more" targetRef="accept"', 'sourceRef="more" targetRef="review"'),
            ('sourceRef="accepted" targetRef="large"', 'sourceRef="accepted" targetRef="more"'),
            ('sourceRef="accept_result" targetRef="more"', 'sourceRef="accept_result" targetRef="large"'),
        )
    )
    steps = {s.node_id: s for s in made(files).steps}
    assert (steps["more"].who, steps["more"].counting) == ("申请人", Counting.EXCLUDED)
    assert "supplement_fill" not in steps


def test_steps_beside_each_other_come_one_after_the_other_without_a_sum() -> None:
    end = "</bpmn:process>"
    files = main_with(
        ('id="f7" sourceRef="review" targetRef="decide"', 'id="f7" sourceRef="review" targetRef="fork"'),
        (end, '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
         '<bpmn:userTask id="left" name="甲"/><bpmn:userTask id="right" name="乙"/>'
         + "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in (
             ("fork", "left"), ("fork", "right"), ("left", "join"), ("right", "join"), ("join", "decide"))) + end),
    )  # fmt: skip
    steps = made(files)
    assert [s.node_id for s in steps.steps][3:7] == ["review", "left", "right", "decide"]
    assert all(s.always for s in steps.steps if s.node_id in ("left", "right"))
    assert steps.counted is None
