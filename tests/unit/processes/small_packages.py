# ruff: noqa: E501
"""A small sound package for tests, drawn here and spoiled by them."""

from __future__ import annotations

import re
from pathlib import Path

from engine.extensions import BPMN, YC
from engine.records import Organisation
from processes.agencies import Agencies
from processes.bundle import Files
from processes.lint import lint
from processes.package import Package
from processes.problems import Problem

_HEAD = (
    f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
    f' xmlns:yc="{YC}">'
)

MAIN = """\
<bpmn:process id="town_shop_permit" name="小店许可" isExecutable="true">
<bpmn:startEvent id="apply" name="申请"><bpmn:extensionElements><yc:form ref="apply"/><yc:milestone name="submitted"/></bpmn:extensionElements></bpmn:startEvent>
<bpmn:userTask id="accept" name="受理"><bpmn:extensionElements><yc:limit value="1"/><yc:stage name="accept"/><yc:assign role="window"/><yc:outcome code="accepted" name="受理"/><yc:outcome code="supplement" name="补正"/><yc:outcome code="not_accepted" name="不予受理"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:exclusiveGateway id="accept_result" name="受理结果" default="to_rejected"/>
<bpmn:callActivity id="more" name="补正" calledElement="shared_supplement"><bpmn:extensionElements><yc:clock mode="excluded" party="applicant"/></bpmn:extensionElements></bpmn:callActivity>
<bpmn:boundaryEvent id="more_late" name="逾期未补正" attachedToRef="more"><bpmn:extensionElements><yc:limit value="30" unit="day"/></bpmn:extensionElements><bpmn:timerEventDefinition/></bpmn:boundaryEvent>
<bpmn:endEvent id="lapsed" name="终止"><bpmn:extensionElements><yc:milestone name="concluded" result="lapsed"/></bpmn:extensionElements></bpmn:endEvent>
<bpmn:endEvent id="rejected" name="不予受理"><bpmn:extensionElements><yc:milestone name="concluded" result="not_accepted"/><yc:notice template="non_acceptance"/></bpmn:extensionElements></bpmn:endEvent>
<bpmn:intermediateThrowEvent id="accepted" name="已受理"><bpmn:extensionElements><yc:milestone name="accepted"/></bpmn:extensionElements></bpmn:intermediateThrowEvent>
<bpmn:userTask id="inspect" name="核查"><bpmn:extensionElements><yc:limit value="10"/><yc:clock mode="excluded" basis="第四十五条"/><yc:assign role="window"/><yc:form ref="inspect"/><yc:outcome code="done" name="完成"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="review" name="审查"><bpmn:extensionElements><yc:limit value="3"/><yc:stage name="review"/><yc:assign role="window"/><yc:outcome code="pass" name="通过"/><yc:outcome code="fail" name="不通过"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="decide" name="决定"><bpmn:extensionElements><yc:limit value="1"/><yc:stage name="decide"/><yc:assign role="approver" notSameAs="accept"/><yc:outcome code="granted" name="准予"/><yc:outcome code="refused" name="不予"/><yc:outcome code="return" name="退回"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:exclusiveGateway id="decide_result" name="决定结果" default="to_refused"/>
<bpmn:intermediateThrowEvent id="granted" name="准予"><bpmn:extensionElements><yc:milestone name="decided" result="granted"/></bpmn:extensionElements></bpmn:intermediateThrowEvent>
<bpmn:intermediateThrowEvent id="refused" name="不予"><bpmn:extensionElements><yc:milestone name="decided" result="refused"/><yc:notice template="decision_refused"/></bpmn:extensionElements></bpmn:intermediateThrowEvent>
<bpmn:userTask id="deliver" name="送达"><bpmn:extensionElements><yc:limit value="10"/><yc:assign role="window"/><yc:outcome code="done" name="已送达"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="done" name="办结"><bpmn:extensionElements><yc:milestone name="concluded"/></bpmn:extensionElements></bpmn:endEvent>
<bpmn:sequenceFlow id="f1" sourceRef="apply" targetRef="accept"/>
<bpmn:sequenceFlow id="f2" sourceRef="accept" targetRef="accept_result"/>
<bpmn:sequenceFlow id="to_accepted" name="受理" sourceRef="accept_result" targetRef="accepted"><bpmn:conditionExpression>accept.outcome == "accepted"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="to_more" name="补正" sourceRef="accept_result" targetRef="more"><bpmn:conditionExpression>accept.outcome == "supplement"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="to_rejected" name="不予受理" sourceRef="accept_result" targetRef="rejected"/>
<bpmn:sequenceFlow id="f3" sourceRef="more" targetRef="accept"/>
<bpmn:sequenceFlow id="f4" sourceRef="more_late" targetRef="lapsed"/>
<bpmn:sequenceFlow id="f5" sourceRef="accepted" targetRef="large"/>
<bpmn:exclusiveGateway id="large" name="面积" default="to_review"/>
<bpmn:sequenceFlow id="to_inspect" name="大于100" sourceRef="large" targetRef="inspect"><bpmn:conditionExpression>apply.area &gt; 100 or apply.kind == "food"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="to_review" sourceRef="large" targetRef="review"/>
<bpmn:sequenceFlow id="f6" sourceRef="inspect" targetRef="review"/>
<bpmn:sequenceFlow id="f7" sourceRef="review" targetRef="decide"/>
<bpmn:sequenceFlow id="f8" sourceRef="decide" targetRef="decide_result"/>
<bpmn:sequenceFlow id="to_granted" name="准予" sourceRef="decide_result" targetRef="granted"><bpmn:conditionExpression>decide.outcome == "granted"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="to_return" name="退回" sourceRef="decide_result" targetRef="review"><bpmn:conditionExpression>decide.outcome == "return"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="to_refused" name="不予" sourceRef="decide_result" targetRef="refused"/>
<bpmn:sequenceFlow id="f9" sourceRef="granted" targetRef="deliver"/>
<bpmn:sequenceFlow id="f10" sourceRef="refused" targetRef="deliver"/>
<bpmn:sequenceFlow id="f11" sourceRef="deliver" targetRef="done"/>
</bpmn:process>
"""

CALLED = """\
<bpmn:process id="shared_supplement" name="补正" isExecutable="true">
<bpmn:startEvent id="supplement_start" name="开始"/>
<bpmn:userTask id="supplement_fill" name="补正材料"><bpmn:extensionElements><yc:limit value="30" unit="day"/><yc:assign role="applicant"/><yc:form ref="supplement"/><yc:outcome code="submitted" name="提交"/><yc:notice template="supplement"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="supplement_end" name="结束"/>
<bpmn:sequenceFlow id="s1" sourceRef="supplement_start" targetRef="supplement_fill"/>
<bpmn:sequenceFlow id="s2" sourceRef="supplement_fill" targetRef="supplement_end"/>
</bpmn:process>
"""

ITEM = """\
key: town-shop-permit
owner: 450721-spj
name: 小店许可
codes: {base: null, implementation: '11450721', business: null, version: null}
type: 行政许可
agency: 镇审批局
kind: 承诺件
statutory: {value: 20, unit: workday}
promised: {value: 4, unit: workday}
level: null
audience: [自然人]
bases: null
conditions: null
materials:
  - {id: form, name: 申请表, required: always, originals: 1, copies: null, source: null, form: null, template: null,
     basis: null, sign: null, accept_standard: null, note: null, upload: null}
fees: {charged: false}
steps:
  - {name: 受理, limit: 当场, role: null, standard: null, result: null}
  - {name: 审查, limit: {value: 3, unit: workday}, role: null, standard: null, result: null}
special: null
result: 许可证
address: null
hours: null
contact: null
remedies: null
joint: null
agent: null
conditional_acceptance: null
commitment: null
members: null
publicity: null
source: {title: 测试, url: null, completeness: null}
"""

APPLY = """\
title: 申请表
sections:
  - title: 基本信息
    fields:
      - {key: area, type: decimal, label: 面积, required: true, route: true}
      - {key: kind, type: radio, label: 类别, route: true, options: [{value: food, label: 餐饮}, {value: shop, label: 零售}]}
      - {key: secret, type: text, label: 说明}
"""
SMALL_FORM = "title: 表\nsections:\n  - title: 节\n    fields:\n      - {key: note, type: text, label: 说明}\n"


def notice(title: str, word: str) -> bytes:
    return f"---\ntitle: {title}\nword: {word}\n---\n<p>{{{{ applicant }}}}：收悉。</p>\n".encode()


AGENCIES = Agencies(
    roles={"window": "综合窗口", "approver": "审批负责人"},
    organisations={
        "450721-spj": Organisation("450721-spj", "镇审批局", "450721", "county", "450721", "镇审"),
        "450721": Organisation("450721", "镇政府", None, "county", "450721"),
    },
)


def drawn(process: str) -> bytes:
    """The process as a whole file, with a shape for every node and an edge for every flow."""
    edges = re.findall(r'<bpmn:sequenceFlow id="(\w+)"', process)
    shapes = re.findall(r'<bpmn:\w+(?:Event|Gateway|Task|Activity|SubProcess|subProcess) id="(\w+)"', process)
    plane = "".join(
        f'<bpmndi:BPMNShape bpmnElement="{id}"><dc:Bounds x="0" y="0" width="1" height="1"/></bpmndi:BPMNShape>'
        for id in shapes
    ) + "".join(
        f'<bpmndi:BPMNEdge bpmnElement="{id}"><di:waypoint x="0" y="0"/><di:waypoint x="1" y="1"/></bpmndi:BPMNEdge>'
        for id in edges
    )
    plane = f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>{plane}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    return f"{_HEAD}{process}{plane}</bpmn:definitions>".encode()


def sound_files() -> Files:
    """The files of a package in which the linter finds nothing."""
    return {
        "item.yaml": ITEM.encode(),
        "process.bpmn": drawn(MAIN),
        "called/shared_supplement.bpmn": drawn(CALLED),
        "forms/apply.yaml": APPLY.encode(),
        "forms/inspect.yaml": SMALL_FORM.encode(),
        "forms/supplement.yaml": SMALL_FORM.encode(),
        "notices/supplement.html": notice("补正通知书", "补"),
        "notices/non_acceptance.html": notice("不予受理决定书", "不受"),
        "notices/decision_refused.html": notice("不予许可决定书", "不许"),
    }


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """``text`` with each old part, which must be there, replaced."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def main_with(*changes: tuple[str, str]) -> Files:
    """The sound files with parts of the main diagram replaced."""
    return {**sound_files(), "process.bpmn": drawn(replaced(MAIN, *changes))}


def called_with(*changes: tuple[str, str]) -> Files:
    """The sound files with parts of the called diagram replaced."""
    return {**sound_files(), "called/shared_supplement.bpmn": drawn(replaced(CALLED, *changes))}


def found(files: Files, rule: str | None = None) -> list[Problem]:
    """What the linter finds, of one rule or all."""
    problems = lint(Package.from_files(files), AGENCIES)
    return [p for p in problems if rule is None or p.rule == rule]


def write(root: Path, files: Files | None = None) -> Path:
    """A ``bpmn`` folder with one package ``town/shop-permit`` and the shared process it calls."""
    files = sound_files() if files is None else files
    shared = root / "_shared" / "supplement"
    places = {
        "called/shared_supplement.bpmn": shared / "process.bpmn",
        "forms/supplement.yaml": shared / "forms" / "supplement.yaml",
        "notices/supplement.html": root / "_shared" / "notices" / "supplement.html",
    }
    for name, content in files.items():
        path = places.get(name, root / "town" / "shop-permit" / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "roles.yaml").write_text("window: 综合窗口\napprover: 审批负责人\n", "utf-8")
    (root / "town" / "agency.yaml").write_text(
        "organisations:\n"
        "  - {code: '450721', name: 镇政府, parent: null, level: county, region: '450721'}\n"
        "  - {code: 450721-spj, name: 镇审批局, parent: '450721', level: county, region: '450721', doc_word: 镇审}\n"
        "people:\n"
        "  - {username: zhang, name: 张三, org: 450721-spj, roles: [window, 'approver@450721']}\n",
        "utf-8",
    )
    return root
