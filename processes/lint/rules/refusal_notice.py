"""A refusal or non-acceptance reaches the applicant in writing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from processes.diagram import Diagram, Node
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject

#: shared notices that say something else
_OTHERS = {
    "refused": frozenset({"acceptance", "supplement", "special_time", "decision_granted", "non_acceptance"}),
    "not_accepted": frozenset({"acceptance", "supplement", "special_time", "decision_granted", "decision_refused"}),
}
_WORDS = {"refused": "不予批准", "not_accepted": "不予受理"}


@rule(
    "refusal-notice",
    title="不予受理或不予批准没有文书",
    why="不予受理、不予许可应当出具书面决定，说明理由和救济途径（《行政许可法》第三十二条、第三十八条）。",
    fix="在这条路上写 yc:notice：不予受理用 non_acceptance，不予批准用 decision_refused，或本事项自己的文书。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        milestone = node.ext.milestone
        result = milestone.result if milestone else None
        if milestone and result in _WORDS and not _tells(result, node) and _silent(subject, diagram, node):
            yield at(diagram, node, f"{_WORDS[result]}的路上没有给申请人的文书（yc:notice），见{node.words}")


def _silent(subject: Subject, diagram: Diagram, node: Node) -> bool:
    """True when a way leads to the node and on to the end of the case without the notice.

    A conclusion after a decision is the decision's to tell: it is the decision that is looked at.
    """
    milestone, paths = node.ext.milestone, subject.paths
    assert milestone is not None
    if paths is None or milestone.result is None:
        return False
    stops = partial(_tells_or_decides if milestone.name == "concluded" else _tells, milestone.result)
    return node.id in paths.entered(stops) and paths.runs_out(diagram, node, stops)


def _tells_or_decides(result: str, node: Node) -> bool:
    return _tells(result, node) or (node.ext.milestone is not None and node.ext.milestone.name == "decided")


def _tells(result: str, node: Node) -> bool:
    return any(template not in _OTHERS[result] for template in node.ext.notices)
