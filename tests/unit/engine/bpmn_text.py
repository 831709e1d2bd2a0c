"""BPMN written down shortly, for tests.

``parse(flow("a", "b"), …)`` and the like put together a process from lines; ids double as names.
"""

from __future__ import annotations

from itertools import pairwise

from engine.extensions import BPMN

LIMIT = '<yc:limit value="1" unit="workday"/>'


def process(*parts: str, id: str = "p", attributes: str = 'isExecutable="true"', declared: str = "") -> bytes:
    """A BPMN file with one process made of ``parts``; ``declared`` are the messages, signals … that it refers to."""
    body = "\n".join(parts)
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:yc="urn:yichuang:bpmn:1"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">\n'
        f'<bpmn:process id="{id}" {attributes}>\n{body}\n</bpmn:process>{declared}</bpmn:definitions>'
    ).encode()


def element(tag: str, id: str, inner: str = "", **attributes: str) -> str:
    """Any element."""
    rest = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<bpmn:{tag} id="{id}" name="{id}"{rest}>{inner}</bpmn:{tag}>'


def start(id: str = "apply") -> str:
    """A start event."""
    return element("startEvent", id)


def end(id: str = "over", inner: str = "") -> str:
    """An end event."""
    return element("endEvent", id, inner)


def terminate(id: str) -> str:
    """A terminate end event."""
    return end(id, "<bpmn:terminateEventDefinition/>")


def user(*ids: str, inner: str = "") -> str:
    """User tasks."""
    return "\n".join(element("userTask", id, inner) for id in ids)


def extended(inner: str) -> str:
    """Extension elements."""
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def timer(id: str) -> str:
    """An intermediate timer."""
    return element("intermediateCatchEvent", id, f"{extended(LIMIT)}<bpmn:timerEventDefinition/>")


def declared(*words: str) -> str:
    """``declared("message paid", "error failed")``: what events refer to; an id is the word in front of the name."""
    keys = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}
    pairs = [word.split() for word in words]
    return "".join(f'<bpmn:{kind} id="{kind}_{name}" {keys[kind]}="{name}"/>' for kind, name in pairs)


def about(what: str) -> str:
    """``about("message paid")``: an event definition; ``about("error")`` names none."""
    kind, _, name = what.partition(" ")
    if kind == "timer":
        return f"{extended(LIMIT)}<bpmn:timerEventDefinition/>"
    reference = f' {kind}Ref="{kind}_{name}"' if name else ""
    return f"<bpmn:{kind}EventDefinition{reference}/>"


def catch(id: str, what: str) -> str:
    """An intermediate catch event: ``catch("paid", "message paid")``."""
    return element("intermediateCatchEvent", id, about(what))


def throw(id: str, what: str) -> str:
    """An intermediate throw event."""
    return element("intermediateThrowEvent", id, about(what))


def boundary(id: str, on: str, interrupting: bool = True, what: str = "timer") -> str:
    """A boundary event, a timer unless said otherwise."""
    inner = about(what)
    return element("boundaryEvent", id, inner, attachedToRef=on, cancelActivity=str(interrupting).lower())


def sub(id: str, *parts: str) -> str:
    """A sub-process."""
    return element("subProcess", id, "\n".join(parts))


def call(id: str, called: str, inner: str = "") -> str:
    """A call activity."""
    return element("callActivity", id, inner, calledElement=called)


def gateway(kind: str, id: str, default: str | None = None) -> str:
    """``gateway("parallel", "g")``; ``default`` is the target of the default flow."""
    attributes = {} if default is None else {"default": flow_id(id, default)}
    return element(f"{kind}Gateway", id, **attributes)


def flow_id(source: str, target: str) -> str:
    """The id of a flow made by :func:`flow`."""
    return f"f_{source}_{target}"


def flow(source: str, target: str, condition: str | None = None) -> str:
    """A sequence flow."""
    inner = ""
    if condition is not None:
        text = condition.replace("&", "&amp;").replace("<", "&lt;")
        inner = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text}</bpmn:conditionExpression>'
    return (
        f'<bpmn:sequenceFlow id="{flow_id(source, target)}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


def chain(*ids: str) -> str:
    """Flows from each to the next."""
    return "\n".join(flow(source, target) for source, target in pairwise(ids))


def instances(
    cardinality: str | None = None,
    items: str | None = None,
    item: str | None = None,
    results: str | None = None,
    result: str | None = None,
    until: str | None = None,
    sequential: bool = False,
) -> str:
    """A multi-instance marker."""
    parts = [
        f"<bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality>" if cardinality else "",
        f"<bpmn:loopDataInputRef>{items}</bpmn:loopDataInputRef>" if items else "",
        f"<bpmn:loopDataOutputRef>{results}</bpmn:loopDataOutputRef>" if results else "",
        f'<bpmn:inputDataItem id="in_{item}" name="{item}"/>' if item else "",
        f'<bpmn:outputDataItem id="out_{results}" name="{result}"/>' if result else "",
        f"<bpmn:completionCondition>{until.replace('<', '&lt;')}</bpmn:completionCondition>" if until else "",
    ]
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"{''.join(parts)}</bpmn:multiInstanceLoopCharacteristics>"
    )
