"""Only what the engine carries out faithfully may be drawn."""

from __future__ import annotations

from collections.abc import Iterator

from engine.extensions import ACTIVITIES, CARRIED_EVENTS, CATCHING, EVENTS, GATEWAYS
from processes.diagram import Node
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject

_EVENT_WORDS = {
    "linkEventDefinition": "链接事件",
    "signalEventDefinition": "信号事件",
    "messageEventDefinition": "消息事件",
    "compensateEventDefinition": "补偿事件",
    "conditionalEventDefinition": "条件事件",
    "errorEventDefinition": "错误事件",
    "escalationEventDefinition": "升级事件",
    "cancelEventDefinition": "取消事件",
    "eventDefinitionRef": "引用的事件定义",
    "timerEventDefinition": "定时事件",
    "terminateEventDefinition": "终止事件",
}
_TYPE_WORDS = {
    "task": "普通任务（请改用人工任务）",
    "manualTask": "手工任务（请改用人工任务）",
    "serviceTask": "服务任务",
    "sendTask": "发送任务",
    "receiveTask": "接收任务",
    "scriptTask": "脚本任务",
    "businessRuleTask": "业务规则任务",
    "complexGateway": "复杂网关",
    "adHocSubProcess": "即席子流程",
    "transaction": "事务子流程",
    "dataObject": "数据对象",
    "dataObjectReference": "数据对象",
    "dataStoreReference": "数据存储",
    "process": "第二个流程",
}
_SUPPORTED = ACTIVITIES | EVENTS | GATEWAYS
#: what an event that tells should be drawn as instead
_INSTEAD = {
    "messageEventDefinition": "消息只能由外部发来，要通知人请用 yc:notify",
    "errorEventDefinition": "错误只能由子流程、被调用流程的结束事件抛出，由边界事件接住",
}
_WHERE = {
    "startEvent": "开始事件",
    "endEvent": "结束事件",
    "intermediateCatchEvent": "中间捕获事件",
    "intermediateThrowEvent": "中间抛出事件",
    "boundaryEvent": "边界事件",
}


@rule(
    "unsupported-element",
    title="引擎不支持的元素",
    why="这些元素在引擎里会被悄悄跳过、立刻通过或让办件永远停住，所以不许发布。",
    fix="等待用定时事件，等外部系统用消息事件，人做的事用人工任务，里程碑和发文书用没有定义的中间抛出事件，子程序用调用活动。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        for word in _refused(node):
            yield at(diagram, node, f"不支持{word}")
    for diagram in subject.diagrams:
        for stray in diagram.strays:
            word = _TYPE_WORDS.get(stray.type, stray.type)
            yield Finding(f"不支持{word}", diagram.file, stray.line, stray.id)


def _refused(node: Node) -> Iterator[str]:
    if node.type not in _SUPPORTED:
        yield _TYPE_WORDS.get(node.type, node.type)
        return
    for event in node.events:
        if event.removesuffix("EventDefinition") in CARRIED_EVENTS.get(node.type, ()):
            continue
        word, place = _EVENT_WORDS.get(event, event), _WHERE.get(node.type, node.type)
        instead = _INSTEAD.get(event) if node.type != "startEvent" else "办件由申请开始"
        yield f"{word}（{place}）" + (f"：{instead}" if instead else "")
    if len(node.events) > 1:
        yield "一个事件有几个定义"
    if node.type in CATCHING and not node.events:
        yield "不等待任何事情的捕获事件"
    if "triggeredByEvent" in node.marks:
        yield "事件子流程：它没有写明何时开始听、何时不再听，请用子流程上的边界事件"
    if "isForCompensation" in node.marks:
        yield "补偿活动"
    if "standardLoopCharacteristics" in node.marks:
        yield "循环活动（请把退回的路画成顺序流）"
    if node.marks & {"dataInputAssociation", "dataOutputAssociation"}:
        yield "数据关联"
