# ruff: noqa: E501
"""Every rule: silent on a sound package, outspoken on one that breaks it."""

from __future__ import annotations

import pytest
from small_packages import CALLED, ITEM, MAIN, called_with, drawn, found, main_with, replaced, sound_files

from processes.bundle import Files
from processes.lint.config import SEVERITIES
from processes.lint.registry import rules
from processes.problems import Problem


def line_of(problem: Problem) -> str:
    assert problem.line is not None
    return (CALLED if problem.file.startswith("called/") else MAIN).splitlines()[problem.line - 1]


def test_a_sound_package_is_found_sound() -> None:
    assert found(sound_files()) == []


def item_with(*changes: tuple[str, str]) -> Files:
    return {**sound_files(), "item.yaml": replaced(ITEM, *changes).encode()}


FORM = '<yc:form ref="inspect"/>'
LIMIT = '<yc:limit value="3"/>'
TASK = '<bpmn:userTask id="review"'
F6 = '<bpmn:sequenceFlow id="f6" sourceRef="inspect" targetRef="review"/>'
END = "</bpmn:process>"
TO_ACCEPTED = next(line for line in MAIN.splitlines() if 'id="to_accepted"' in line)


def added(xml: str) -> Files:
    """The main diagram with elements added at its end."""
    return main_with((END, xml + END))


def event(inner: str, kind: str = "intermediateCatchEvent") -> Files:
    return main_with(
        (F6, F6.replace("review", "wait") + '<bpmn:sequenceFlow id="w" sourceRef="wait" targetRef="review"/>'),
        (END, f'<bpmn:{kind} id="wait" name="等待">{inner}</bpmn:{kind}>{END}'),
    )


#: an event that waits for a message, and a timer beside it
PAID = (
    '<bpmn:intermediateCatchEvent id="wait" name="缴费"><bpmn:extensionElements><yc:assign role="window"/>'
    '</bpmn:extensionElements><bpmn:messageEventDefinition messageRef="message_paid"/></bpmn:intermediateCatchEvent>'
)
RIVAL_EVENT = (
    '<bpmn:intermediateCatchEvent id="late" name="逾期"><bpmn:extensionElements><yc:limit value="5"/>'
    "</bpmn:extensionElements><bpmn:timerEventDefinition/></bpmn:intermediateCatchEvent>"
)
RIVAL = RIVAL_EVENT + '<bpmn:sequenceFlow id="l" sourceRef="late" targetRef="review"/>'


def awaiting(event_: str, rival: str = "") -> Files:
    """The main diagram with an event between inspection and review, behind an event-based gateway with its rival."""
    first = "choice" if rival else "wait"
    gateway = '<bpmn:eventBasedGateway id="choice" name="等缴费"/>' if rival else ""
    flows = "".join(
        f'<bpmn:sequenceFlow id="to_{target}" sourceRef="choice" targetRef="{target}"/>' for target in ("wait", "late")
    )
    return main_with(
        (F6, F6.replace("review", first) + '<bpmn:sequenceFlow id="w" sourceRef="wait" targetRef="review"/>'),
        (
            END,
            event_ + gateway + (rival + flows if rival else "") + END + '<bpmn:message id="message_paid" name="paid"/>',
        ),
    )


BROKEN: list[tuple[str, Files, str, str | None]] = [
    # rule, files, part of the message, element
    ("start-event", added('<bpmn:startEvent id="again" name="又"/>'), "只能有一个开始事件", "again"),
    ("start-event", main_with(('"apply"', '"begin"'), ("apply.", "begin."), ('ref="begin"', 'ref="apply"')),
     "编号应为 apply", "begin"),
    ("start-event", main_with(('<yc:milestone name="submitted"/>', "")), "里程碑 submitted", "apply"),
    ("task-assign", main_with(('<yc:assign role="window"/><yc:form', "<yc:form")), "没有办理人", "inspect"),
    ("task-outcomes", main_with(('<yc:outcome code="done" name="完成"/>', "")), "没有办理结果", "inspect"),
    ("task-limit", main_with((LIMIT, "")), "办事指南公布为3个工作日", "review"),
    ("task-limit-unpublished", main_with(('<yc:limit value="10"/><yc:clock', "<yc:clock")), "没有时限", "inspect"),
    ("unknown-role", main_with(('role="approver"', 'role="boss"')), "角色“boss”不存在", "decide"),
    ("unknown-organisation", main_with(('role="approver"', 'role="approver" org="110000"')), "“110000”不存在", "decide"),
    ("unknown-organisation", {**main_with(('role="approver"', 'role="approver" org="parent"')),
                              "item.yaml": ITEM.replace("450721-spj", "'450721'").encode()}, "没有上级机构", "decide"),
    ("unknown-form", main_with((FORM, '<yc:form ref="nothing"/>')), "表单“nothing”不存在", "inspect"),
    ("unknown-message", main_with(('<yc:notice template="decision_refused"/>',
     '<yc:notice template="decision_refused"/><yc:notify to="applicant" template="sms_77"/>')), "“sms_77”不存在", "refused"),
    ("unknown-notice", main_with(('"decision_refused"', '"nothing"')), "文书“nothing”不存在", "refused"),
    ("called-process", main_with(('"shared_supplement"', '"shared_other"')), "“shared_other”不存在", "more"),
    ("called-process", main_with((' calledElement="shared_supplement"', "")), "没有写调用哪个流程", "more"),
    ("called-process", called_with(('"shared_supplement"', '"shared_else"')), "应为“shared_supplement”", "shared_else"),
    ("call-cycle", called_with(("<bpmn:endEvent", '<bpmn:callActivity id="self" name="自己"'
     ' calledElement="shared_supplement"/><bpmn:endEvent')), "调用了自己", "shared_supplement"),
    ("condition-syntax", main_with(('decide.outcome == "return"', "__import__('os')")), "没有这个函数", "to_return"),
    ("condition-syntax", main_with(('decide.outcome == "return"', "decide.outcome =")), "写法不对", "to_return"),
    ("condition-names", main_with(("apply.area", "nobody.area")), "“nobody”不是流程里的环节", "to_inspect"),
    ("condition-names", main_with(("apply.area", "apply.size")), "没有字段“size”", "to_inspect"),
    ("condition-names", main_with(("apply.area", "apply.secret")), "没有标 route: true", "to_inspect"),
    ("condition-names", main_with(("apply.area", "review.area")), "没有表单", "to_inspect"),
    ("condition-names", main_with(("apply.area", "more.outcome")), "不是人工任务", "to_inspect"),
    ("condition-names", main_with(("apply.area &gt; 100", "apply")), "后面应写明读哪一项", "to_inspect"),
    ("condition-values", main_with(('"return"</', '"back"</')), "不会是“back”，只会是 granted、refused、return", "to_return"),
    ("condition-values", main_with(('apply.kind == "food"', '"toys" == apply.kind')), "不会是“toys”", "to_inspect"),
    ("condition-values", main_with(('"return"</', '"return" or decide.outcome in ["x"]</')), "不会是“x”", "to_return"),
    ("condition-place", main_with(('<bpmn:sequenceFlow id="f7" sourceRef="review" targetRef="decide"/>',
     '<bpmn:sequenceFlow id="f7" name="走" sourceRef="review" targetRef="decide"><bpmn:conditionExpression>'
     'review.outcome == "pass"</bpmn:conditionExpression></bpmn:sequenceFlow>')), "不在网关的分叉处", "f7"),
    ("condition-place", main_with(('default="to_refused"', 'default="to_return"')), "缺省流不应有条件", "to_return"),
    ("gateway-default", main_with((' default="to_refused"', "")), "没有缺省流", "decide_result"),
    ("gateway-default", main_with(('default="to_refused"', 'default="f1"')), "不是它分出的顺序流", "decide_result"),
    ("gateway-conditions", main_with(('<bpmn:conditionExpression>decide.outcome == "return"'
     "</bpmn:conditionExpression>", "")), "“退回”没有条件", "to_return"),
    ("implicit-split", added('<bpmn:sequenceFlow id="side" sourceRef="review" targetRef="deliver"/>'), "直接分出了2条路",
     "review"),
    ("outcomes-handled", main_with(('"return" name="退回"/>', '"return" name="退回"/><yc:outcome code="ask" name="问"/>')),
     "结果 不予、问 在网关“决定结果”没有各自的路", "decide_result"),
    ("outcome-unused", main_with(('decide.outcome == "granted"', "apply.area &lt; 1"),
                                 ('decide.outcome == "return"', "apply.area &lt; 2")), "没有一个条件用到", "decide"),
    ("unreachable", added('<bpmn:userTask id="lost" name="孤零"/>'), "走不到“孤零”", "lost"),
    ("unreachable", main_with((' attachedToRef="more"', ' attachedToRef="nothing"')), "走不到“终止”", "lapsed"),
    ("dead-end", main_with((F6, "")), "“核查”之后没有路了", "inspect"),
    ("dead-end", added('<bpmn:sequenceFlow id="on" sourceRef="done" targetRef="review"/>'), "之后不能再有顺序流", "done"),
    ("dead-end", added('<bpmn:sequenceFlow id="in" sourceRef="inspect" targetRef="apply"/>'), "不能指向“申请”", "apply"),
    ("flow-ends", main_with(('sourceRef="inspect" targetRef="review"', 'sourceRef="inspect" targetRef="x"')),
     "一端“x”不存在", "f6"),
    ("flow-ends", main_with((TASK, '<bpmn:subProcess id="sub" name="内"><bpmn:startEvent id="sub_start" name="始"/>'
     f'</bpmn:subProcess>{TASK}'), ('id="f6" sourceRef="inspect"', 'id="f6" sourceRef="sub_start"')), "穿过", "f6"),
    ("boundary", main_with((' attachedToRef="more"', ' attachedToRef="accept_result"')), "没有附着在环节上", "more_late"),
    ("timer", main_with(('<yc:limit value="30" unit="day"/>', "")), "没有时限", "more_late"),
    ("timer", main_with(("<bpmn:timerEventDefinition/>", '<bpmn:timerEventDefinition><bpmn:timeDuration>"PT1S"'
     "</bpmn:timeDuration></bpmn:timerEventDefinition>")), "应留空", "more_late"),
    ("duplicate-id", called_with(('"supplement_end"', '"done"')), "与 process.bpmn 里的重复", "done"),
    ("duplicate-id", added('<bpmn:userTask id="review" name="又"/>'), "“review”重复", "review"),
    ("milestones", main_with(('<yc:milestone name="accepted"/>', "")), "走不到受理里程碑", "town_shop_permit"),
    ("milestones", main_with(('<yc:milestone name="concluded" result="lapsed"/>', "")), "“终止”时还没有办结", "lapsed"),
    ("milestones", main_with(('name="decided" result="granted"', 'name="decided"')), "没有写明结果", "granted"),
    ("milestones", main_with(('id="f1" sourceRef="apply" targetRef="accept"',
                              'id="f1" sourceRef="apply" targetRef="review"')), "没有经过受理", "granted"),
    ("refusal-notice", main_with(('<yc:notice template="non_acceptance"/>', "")), "不予受理的路上", "rejected"),
    ("refusal-notice", main_with(('<yc:notice template="decision_refused"/>', "")), "不予批准的路上", "refused"),
    ("refusal-notice", main_with(('"decision_refused"', '"non_acceptance"')), "不予批准的路上", "refused"),
    ("accept-decide-separation", main_with((' notSameAs="accept"', "")), "没有排除办理过“受理”的人", "decide"),
    ("unknown-task", main_with(('notSameAs="accept"', 'notSameAs="accept nobody"')), "“nobody”不是别的人工任务", "decide"),
    ("unknown-task", main_with(('notSameAs="accept"', 'notSameAs="accept" sameAs="accept"')), "又排除同一人", "decide"),
    ("materials-catch-all", item_with(("申请表", "其他有关材料")), "兜底表述“其他”", "materials[0].name"),
    ("item-identity", main_with(('"town_shop_permit"', '"other"')), "流程编号应为“town_shop_permit”", "other"),
    ("item-identity", item_with(("450721-spj", "450721-xyz")), "承办机构“450721-xyz”不存在", "owner"),
    ("names", main_with(('name="审查"', 'name="Review"')), "没有中文名称", "review"),
    ("names", main_with(('id="to_return" name="退回"', 'id="to_return"')), "没有中文名称", "to_return"),
    ("unused-file", {**sound_files(), "forms/spare.yaml": sound_files()["forms/inspect.yaml"]}, "没有节点用到", None),
    ("unsupported-element", event('<bpmn:linkEventDefinition name="x"/>'), "不支持链接事件", "wait"),
    ("unsupported-element", event("<bpmn:messageEventDefinition/>", "intermediateThrowEvent"), "请用 yc:notify", "wait"),
    ("unsupported-element", event("<bpmn:errorEventDefinition/>", "intermediateThrowEvent"), "由边界事件接住", "wait"),
    ("unsupported-element", event("<bpmn:errorEventDefinition/>"), "错误事件（中间捕获事件）", "wait"),
    ("unsupported-element", event("<bpmn:escalationEventDefinition/>"), "升级事件（中间捕获事件）", "wait"),
    ("unsupported-element", event("<bpmn:conditionalEventDefinition/>"), "不支持条件事件", "wait"),
    ("unsupported-element", event("<bpmn:compensateEventDefinition/>", "intermediateThrowEvent"), "补偿事件", "wait"),
    ("unsupported-element", event("<bpmn:timerEventDefinition/>", "intermediateThrowEvent"), "不支持", "wait"),
    ("unsupported-element", event(""), "不等待任何事情", "wait"),
    ("unsupported-element", event("", "complexGateway"), "复杂网关", "wait"),
    ("message-deadline", awaiting(PAID), "没有期限", "wait"),
    ("message-deadline", awaiting(PAID, RIVAL.replace("timer", "signal")), "没有期限", "wait"),
    ("task-assign", awaiting(PAID.replace('<yc:assign role="window"/>', ""), RIVAL), "消息事件“缴费”没有办理人", "wait"),
    ("unknown-role", awaiting(PAID.replace("window", "treasury"), RIVAL), "消息事件“缴费”的角色“treasury”", "wait"),
    ("unknown-organisation", awaiting(PAID.replace('"window"', '"window" org="110000"'), RIVAL), "“110000”", "wait"),
    ("unknown-form", awaiting(PAID.replace("<yc:assign", '<yc:form ref="none"/><yc:assign'), RIVAL), "“none”不存在", "wait"),
    *[("unsupported-element", event("", kind), "不支持", "wait") for kind in (
        "task", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask",
        "adHocSubProcess", "transaction")],
    ("unsupported-element", main_with(('name="办结">', 'name="办结"><bpmn:messageEventDefinition/>')), "消息事件", "done"),
    ("unsupported-element", main_with(('name="申请">', 'name="申请"><bpmn:timerEventDefinition/>')), "由申请开始", "apply"),
    ("unsupported-element", main_with(('name="申请">', 'name="申请"><bpmn:messageEventDefinition/>')), "由申请开始", "apply"),
    ("unsupported-element", main_with(("<bpmn:timerEventDefinition/>", "<bpmn:compensateEventDefinition/>")),
     "补偿事件", "more_late"),
    ("unsupported-element", added('<bpmn:subProcess id="sub" name="内" triggeredByEvent="true"/>'), "事件子流程", "sub"),
    ("unsupported-element", added('<bpmn:dataObject id="data"/>'), "数据对象", "data"),
    ("unsupported-element", main_with((TASK + ' name="审查">', TASK + ' name="审查"><bpmn:standardLoopCharacteristics/>')),
     "循环活动", "review"),
    ("unsupported-element", main_with((TASK + ' name="审查">', TASK + ' name="审查"><bpmn:dataInputAssociation/>')),
     "数据关联", "review"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "files", "message", "element"),
    [
        ("engine", event("", "eventBasedGateway"), "两个以上", "wait"),
        ("engine", awaiting(PAID.replace("message_paid", "message_none"), RIVAL), "messageRef", "wait"),
        ("vocabulary", awaiting(PAID.replace('"window"', '"window" notSameAs="accept"'), RIVAL), "notSameAs", "wait"),
        (
            "vocabulary",
            awaiting(PAID, RIVAL.replace("<yc:limit", '<yc:form ref="inspect"/><yc:limit')),
            "消息事件",
            "late",
        ),
    ],
)
def test_what_readers_of_the_diagram_refuse_is_found_too(rule: str, files: Files, message: str, element: str) -> None:
    assert any(message in p.message and f"（{element}）" in str(p) for p in found(files, rule)), found(files)


def test_a_message_with_a_timer_beside_it_is_sound() -> None:
    assert found(awaiting(PAID, RIVAL)) == []


def test_a_message_within_a_timed_sub_process_is_sound() -> None:
    inside = (
        '<bpmn:subProcess id="fee" name="缴费"><bpmn:startEvent id="fee_start" name="开始"/>' + PAID
        + '<bpmn:endEvent id="fee_end" name="结束"/><bpmn:sequenceFlow id="w1" sourceRef="fee_start" targetRef="wait"/>'
        '<bpmn:sequenceFlow id="w2" sourceRef="wait" targetRef="fee_end"/></bpmn:subProcess>'
        '<bpmn:sequenceFlow id="w3" sourceRef="fee" targetRef="review"/>'
    )  # fmt: skip
    late = RIVAL.replace("intermediateCatchEvent", "boundaryEvent").replace(
        'id="late"', 'id="late" attachedToRef="fee"'
    )
    files = main_with(
        (F6, F6.replace("review", "fee")), (END, f'{inside}{late}{END}<bpmn:message id="message_paid" name="paid"/>')
    )
    assert found(files, "message-deadline") == []
    assert found(
        {name: text.replace(b"bpmn:timerEvent", b"bpmn:signalEvent") for name, text in files.items()},
        "message-deadline",
    )


def test_an_end_in_an_error_does_not_count_as_a_way_through() -> None:
    """Only the boundary event goes on behind a sub-process whose single end is an error."""
    inside = (
        '<bpmn:subProcess id="try" name="尝试"><bpmn:startEvent id="try_start" name="开始"/>'
        '<bpmn:endEvent id="try_end" name="失败"><bpmn:errorEventDefinition errorRef="e"/></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="t1" sourceRef="try_start" targetRef="try_end"/></bpmn:subProcess>'
        '<bpmn:sequenceFlow id="t2" sourceRef="try" targetRef="review"/>'
        '<bpmn:boundaryEvent id="caught" name="接住" attachedToRef="try"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>'
        '<bpmn:sequenceFlow id="t3" sourceRef="caught" targetRef="lapsed"/>'
    )
    accepted = '<bpmn:sequenceFlow id="f5" sourceRef="accepted" targetRef="large"/>'
    files = main_with(
        (accepted, accepted.replace("large", "try")),
        (END, f'{inside}{END}<bpmn:error id="e" errorCode="e"/>'),
    )
    assert ("milestones", "town_shop_permit") in [(p.rule, p.element) for p in found(files)]


def test_a_node_whose_words_are_wrong_is_not_blamed_for_lacking_them() -> None:
    problems = found(main_with(('role="approver"', 'role="approver" org="=lambda: 1"')))
    assert [(p.rule, p.element) for p in problems] == [("vocabulary", "decide")]


@pytest.mark.parametrize(("rule", "files", "message", "element"), BROKEN, ids=lambda v: v if isinstance(v, str) else "")
def test_a_breach_is_named(rule: str, files: Files, message: str, element: str | None) -> None:
    problems = found(files, rule)
    matching = [p for p in problems if message in p.message and p.element == element]
    assert matching, [str(p) for p in found(files)]
    assert matching[0].severity is SEVERITIES[rule]
    if matching[0].file.endswith(".bpmn") and matching[0].line is not None and files is not None:
        source = files[matching[0].file].decode().splitlines()[matching[0].line - 1]
        assert f'id="{element}"' in source


def test_every_rule_is_tested_here_or_beside() -> None:
    tested = {rule for rule, *_ in BROKEN} | {"layout"}
    assert {rule.name for rule in rules()} == tested


def test_every_rule_has_a_severity_and_no_severity_lacks_its_rule() -> None:
    assert {rule.name for rule in rules()} == set(SEVERITIES)


def test_what_is_not_drawn_is_named() -> None:
    files = sound_files()
    files["process.bpmn"] = files["process.bpmn"].replace(b'bpmnElement="review"', b'bpmnElement="x"')
    files["process.bpmn"] = files["process.bpmn"].replace(b'bpmnElement="f7"', b'bpmnElement="y"')
    assert {p.element for p in found(files, "layout")} == {"review", "f7"}


def test_a_parallel_branch_may_end_before_the_case_is_concluded() -> None:
    fork = '<bpmn:parallelGateway id="fork" name="并行"/>'
    files = main_with(
        ('id="f9" sourceRef="granted" targetRef="deliver"', 'id="f9" sourceRef="granted" targetRef="fork"'),
        (END, fork + '<bpmn:endEvent id="copied" name="抄送"/><bpmn:sequenceFlow id="p1" sourceRef="fork"'
         ' targetRef="copied"/><bpmn:sequenceFlow id="p2" sourceRef="fork" targetRef="deliver"/>' + END),
    )  # fmt: skip
    assert found(files) == []


def test_a_notice_further_on_the_way_is_enough() -> None:
    files = main_with(
        ('<yc:notice template="decision_refused"/>', ""),
        ('<yc:outcome code="done" name="已送达"/>', '<yc:outcome code="done" name="已送达"/><yc:notice template="decision_refused"/>'),
    )  # fmt: skip
    assert found(files) == []


def test_a_milestone_inside_a_called_process_counts() -> None:
    files = called_with(
        ('name="结束"/>', 'name="结束"><bpmn:extensionElements><yc:milestone name="accepted"/></bpmn:extensionElements></bpmn:endEvent>'),
    )  # fmt: skip
    files["process.bpmn"] = drawn(
        replaced(
            MAIN,
            ('<yc:milestone name="accepted"/>', ""),
            ('id="f3" sourceRef="more" targetRef="accept"', 'id="f3" sourceRef="more" targetRef="accepted"'),
            ('<yc:outcome code="accepted" name="受理"/>', ""),
            (TO_ACCEPTED, ""),
        )
    )  # fmt: skip
    assert found(files) == []


def test_two_tasks_of_different_organisations_need_no_separation() -> None:
    files = main_with(('role="approver" notSameAs="accept"', 'role="approver" org="parent"'))
    assert found(files) == []


SUB = (
    '<bpmn:subProcess id="sub" name="内"><bpmn:extensionElements>{}</bpmn:extensionElements><bpmn:startEvent id="s1" name="始"/>'
    '<bpmn:userTask id="within" name="其中"><bpmn:extensionElements><yc:assign role="window"/><yc:outcome code="ok" name="好"/>'
    '</bpmn:extensionElements></bpmn:userTask></bpmn:subProcess>'
)  # fmt: skip


@pytest.mark.parametrize(("limit", "reminded"), [("", ["within"]), ('<yc:limit value="7"/>', [])])
def test_a_task_that_inherits_a_limit_is_not_asked_for_one(limit: str, reminded: list[str]) -> None:
    problems = found(added(SUB.format(limit)), "task-limit-unpublished")
    assert [problem.element for problem in problems] == reminded


def test_a_called_process_inherits_when_every_call_of_it_has_a_limit() -> None:
    fill = ('<yc:limit value="30" unit="day"/><yc:assign', "<yc:assign")
    bare = called_with(fill)
    assert [p.element for p in found(bare, "task-limit-unpublished")] == ["supplement_fill"]
    call = ('calledElement="shared_supplement"><bpmn:extensionElements>',
            'calledElement="shared_supplement"><bpmn:extensionElements><yc:limit value="30" unit="day"/>')  # fmt: skip
    limited = {**bare, "process.bpmn": drawn(replaced(MAIN, call))}
    assert found(limited, "task-limit-unpublished") == []
    again = '<bpmn:callActivity id="more2" name="再补正" calledElement="shared_supplement"/>'
    twice = {**bare, "process.bpmn": drawn(replaced(MAIN, call, (END, again + END)))}
    assert [p.element for p in found(twice, "task-limit-unpublished")] == ["supplement_fill"]


def test_a_limit_that_the_guide_publishes_for_the_step_must_be_its_own() -> None:
    named = added(SUB.format('<yc:limit value="7"/>').replace('id="within" name="其中"', 'id="within" name="审查"'))
    assert [problem.element for problem in found(named, "task-limit")] == ["within"]
