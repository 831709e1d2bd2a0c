"""Notices: the papers a node issues as it completes, their facts fixed at that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.act import Act
from engine.deadlines import STOPPING
from engine.errors import ProcessFault
from engine.events import NoticeIssued
from engine.process import Node, Waiting
from engine.records import NoticeRecord, Organisation
from engine.wording import day_words, limit_words


def issue_notices(act: Act, node: Node, entered: Sequence[Waiting]) -> None:
    """Issue every notice of a node that completed; ``entered`` are the nodes that the act has come to wait in."""
    if not node.ext.notices:
        return
    facts = _facts(act, _subject(node, entered))
    for template in node.ext.notices:
        notice = NoticeRecord(
            notice_id=act.world.new_id(),
            case_no=act.case.case_no,
            template=template,
            number=_number(act, node, template),
            issued_at=act.now,
            node_id=node.id,
            facts=facts,
        )
        act.emit(NoticeIssued(notice))


def _subject(node: Node, entered: Sequence[Waiting]) -> Node:
    """The step that the notice is about: a procedure now begun whose time does not count, otherwise the node itself.

    Where several begin inside each other, the outermost that says how long it takes.
    """
    begun = [w.node for w in entered if w.node.ext.clock and w.node.ext.clock.mode in STOPPING]
    return next((one for one in begun if one.ext.limit), begun[0] if begun else node)


def _number(act: Act, node: Node, template: str) -> str:
    """The next number of the series, such as 灵审受字〔2026〕第000123号.

    A series belongs to the organisation whose word opens the number: sections without a word of their own share their
    agency's, and no number is given twice.
    """
    titled = act.definition.notices.get(template)
    if titled is None:
        raise ProcessFault(f"流程定义中没有文书模板“{template}”。", place=f"{node.name}（{node.id}）")
    word = titled[1]
    issuer = _issuer(act)
    year = act.calendar.local_date(act.now).year
    count = act.uow.numbers.next(f"notice:{issuer.code}:{word}:{year}")
    return f"{issuer.doc_word}{word}字〔{year}〕第{count:06d}号"


def _issuer(act: Act) -> Organisation:
    """The owner, or the nearest organisation above it that has a word for its documents."""
    code: str | None = act.case.owner_org
    seen: set[str] = set()
    while code is not None and code not in seen:
        seen.add(code)
        organisation = act.world.directory.organisation(code)
        if organisation is None:
            break
        if organisation.doc_word:
            return organisation
        code = organisation.parent
    raise ProcessFault(f"承办机构（{act.case.owner_org}）及其上级都没有机关代字，无法编制文号。")


def _facts(act: Act, step: Node) -> Mapping[str, Any]:
    case, item, done = act.case, act.definition.item, act.done
    agency = act.world.directory.organisation(case.owner_org)
    clock = step.ext.clock
    return {
        "applicant": case.applicant.name,
        "agency": agency.name if agency else case.owner_org,
        "item": case.item_name,
        "type": item.type,
        "case_no": case.case_no,
        "submitted_on": _day(act, case.submitted_at),
        "accepted_on": _day(act, case.accepted_at),
        "issued_on": _day(act, act.now),
        "promised": limit_words(item.promised) if item.promised else None,
        "promised_due_on": _day(act, case.promised_due_at),
        "statutory": limit_words(item.statutory) if item.statutory else None,
        "statutory_due_on": _day(act, case.statutory_due_at),
        "materials": list(item.materials.values()),
        "missing": _missing(act),
        "opinion": done.opinion if done else None,
        "outcome": done.outcome_name if done else None,
        "remedies": list(item.remedies),
        "bases": list(item.bases),
        "result_name": item.result_name,
        "step": step.name,
        "step_limit": limit_words(step.ext.limit) if step.ext.limit else None,
        "clock_basis": clock.basis if clock else None,
    }


def _missing(act: Act) -> list[str]:
    """Names of the materials that the task just completed ticked as missing."""
    ticked = act.form.get("missing") or ()
    return [act.definition.item.materials.get(one, one) for one in ticked]


def _day(act: Act, at: datetime | None) -> str | None:
    return day_words(act.calendar.local_date(at)) if at is not None else None
