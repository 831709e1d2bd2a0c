"""A case's history in words, for the applicant and for clerks.

The history keeps events; a reader wants to know what happened.  One act makes several entries at the same moment; they
are told as one line where they mean one thing, and what is only bookkeeping is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby

from engine.calendar import WorkCalendar
from engine.deadlines import STOPPING
from engine.elements import ClockMode
from engine.records import APPLICANT_GROUP, SUSPENSION, HistoryEntry, NoticeRecord, TaskRecord, TaskStatus
from engine.views import CaseView
from engine.wording import day_words

#: result of a decision or conclusion, in words
RESULTS: Mapping[str, str] = {
    "granted": "准予",
    "refused": "不予许可",
    "not_accepted": "不予受理",
    "withdrawn": "已撤回",
    "lapsed": "逾期未补正，已终止",
    "terminated": "已终止",
}

CHANNELS: Mapping[str, str] = {"web": "网上申请", "window": "窗口申请", "api": "系统对接申请", "agent": "代办申请"}

#: how a step of the applicant's may begin in the diagram; said to the applicant it is left out
APPLICANT = "申请人"
#: template of the notice that tells how long a special procedure takes
SPECIAL_TIME = "special_time"
PAUSE_ICON = "pause-fill"

_STOPPING = frozenset(str(mode) for mode in STOPPING)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline."""

    #: ``done`` ``now`` ``wait``
    state: str
    icon: str
    title: str
    at: datetime | None = None
    notes: tuple[str, ...] = ()
    notices: tuple[NoticeRecord, ...] = ()
    #: who did it; for clerks only
    who: str | None = None
    #: last moment of a step under way
    due_at: datetime | None = None
    task: TaskRecord | None = None


@dataclass(frozen=True)
class Story:
    """What the tellers need beside the entry itself."""

    view: CaseView
    calendar: WorkCalendar
    #: code of an organisation → its name
    org_name: Callable[[str], str]
    #: told to a clerk, with names and every act, or to the applicant
    staff: bool = False
    tasks: Mapping[str, TaskRecord] = field(default_factory=dict)

    @property
    def you(self) -> str:
        return "申请人" if self.staff else "您"


def timeline(
    view: CaseView, calendar: WorkCalendar, org_name: Callable[[str], str], *, staff: bool = False
) -> list[Line]:
    """The case's lines, newest first: what is under way, then what has been."""
    story = Story(view, calendar, org_name, staff, {task.task_id: task for task in view.tasks})
    past = [
        line for _, act in groupby(view.history, key=lambda e: (e.at, e.actor_id)) for line in _act(list(act), story)
    ]
    return [*_under_way(story), *reversed(past)]


def _act(entries: Sequence[HistoryEntry], story: Story) -> list[Line]:
    """The lines of one act; its notices stand at the line they belong to."""
    told = [line for entry in entries for line in _tell(entry, entries, story)]
    papers = tuple(n for n in story.view.notices if n.notice_id in _issued(entries))
    if not papers:
        return told
    if not told:
        return [Line("done", "envelope", "发出文书", entries[0].at, notices=papers)]
    return _with_papers(told, papers)


def _with_papers(told: list[Line], papers: Sequence[NoticeRecord]) -> list[Line]:
    """Each notice at its line: that of a special procedure where the procedure begins, every other one at the first."""
    begun = next((i for i, line in enumerate(told) if line.icon == PAUSE_ICON), 0)
    placed: list[list[NoticeRecord]] = [[] for _ in told]
    for notice in papers:
        placed[begun if notice.template == SPECIAL_TIME else 0].append(notice)
    return [replace(line, notices=tuple(own)) for line, own in zip(told, placed, strict=True)]


def _issued(entries: Sequence[HistoryEntry]) -> set[str]:
    return {str(entry.facts.get("notice_id")) for entry in entries if entry.kind == "notice_issued"}


def _tell(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> list[Line]:
    teller = _TELLERS.get(entry.kind) or (_FOR_STAFF.get(entry.kind) if story.staff else None)
    line = teller(entry, act, story) if teller else None
    if line is None:
        return []
    who = entry.actor_name if story.staff else None
    return [replace(line, at=entry.at, who=who)]


def _line(icon: str, title: str, *notes: str | None) -> Line:
    return Line("done", icon, title, notes=tuple(note for note in notes if note))


def _has(act: Sequence[HistoryEntry], kind: str, **facts: object) -> bool:
    return any(e.kind == kind and all(e.facts.get(k) == v for k, v in facts.items()) for e in act)


def _submitted(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    files = sum(1 for file in story.view.attachments if file.task_id is None)
    channel = CHANNELS.get(str(entry.facts.get("channel")), "")
    papers = f"材料 {files} 份" if files else ""
    note = "，".join(part for part in (channel, papers) if part)
    return _line("send", f"{story.you}提交了申请", f"{note}。" if note else None)


def _milestone(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    name, result = entry.facts.get("name"), entry.facts.get("result")
    words = RESULTS.get(str(result), "") if result else ""
    if name == "accepted":
        return _line("check-lg", "受理", "办理时限从次日起算。")
    if name == "decided":
        return _line("file-earmark-check", f"作出决定：{words}" if words else "作出决定", _opinion(act, story))
    if name == "delivered":
        return _line("box-arrow-up-right", "送达")
    if name == "concluded":
        return _line("flag", f"办结：{words}" if words else "办结")
    return None


def _opinion(act: Sequence[HistoryEntry], story: Story) -> str | None:
    """The opinion of the task completed in this act; the applicant reads it in the notice instead."""
    if not story.staff:
        return None
    done = (story.tasks.get(e.task_id or "") for e in act if e.kind == "task_completed")
    return next((f"意见：{task.opinion}" for task in done if task and task.opinion), None)


def _completed(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    if entry.facts.get("group") == APPLICANT_GROUP:
        return _line("arrow-return-left", f"{story.you}提交了补正材料", _files_of(entry, story))
    name, outcome = entry.facts.get("name"), entry.facts.get("outcome_name")
    if not story.staff and _said_otherwise(act):
        return None
    opinion = _opinion(act, story) if not _has(act, "milestone_reached", name="decided") else None
    return _line("check-lg", f"{name}：{outcome}" if outcome else f"{name}完成", opinion)


def _said_otherwise(act: Sequence[HistoryEntry]) -> bool:
    """Another entry of the same act tells the applicant more than the step's own completion."""
    telling = ("accepted", "decided", "delivered", "concluded")
    if any(e.kind == "milestone_reached" and e.facts.get("name") in telling for e in act):
        return True
    return any(e.kind in ("span_started", "span_ended") and _stops(e) for e in act)


def _files_of(entry: HistoryEntry, story: Story) -> str | None:
    files = [file.filename for file in story.view.attachments if file.task_id == entry.task_id]
    return f"材料：{'、'.join(files)}。" if files else None


def _stops(entry: HistoryEntry) -> bool:
    return entry.facts.get("mode") in _STOPPING


def _span_started(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    if not _stops(entry) or _nested(entry, act) or entry.node_id == SUSPENSION:
        return None
    name, basis = entry.facts.get("name"), entry.facts.get("basis")
    if entry.facts.get("party") == "applicant":
        note = f"等{story.you}补正的时间不计入办理时限。"
        return _line("envelope", "一次告知：需要补正", _missing(act, story), note)
    pause = "，暂停计时" if story.view.case.accepted_at and story.view.case.accepted_at <= entry.at else ""
    kind = "" if entry.facts.get("mode") == ClockMode.SUSPENDS else "所用时间不计入办理时限。"
    return _line(PAUSE_ICON, f"{name}开始{pause}", f"依{basis}。{kind}" if basis else kind or None)


def _nested(entry: HistoryEntry, act: Sequence[HistoryEntry]) -> bool:
    """True for a span that starts or ends within another one of the same act and party: it is told once."""
    same = [e for e in act if e.kind == entry.kind and e.facts.get("party") == entry.facts.get("party") and _stops(e)]
    outermost = same[0] if entry.kind == "span_started" else same[-1]
    return len(same) > 1 and entry is not outermost


def _missing(act: Sequence[HistoryEntry], story: Story) -> str | None:
    """What is asked for, from the notice issued in the act."""
    ids = _issued(act)
    for notice in story.view.notices:
        if notice.notice_id in ids and notice.facts.get("missing"):
            return f"需要补正：{'、'.join(notice.facts['missing'])}。"
    return None


def _span_ended(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    if not _stops(entry) or entry.facts.get("party") == "applicant" or _nested(entry, act):
        return None
    if entry.node_id == SUSPENSION:
        return None
    name = entry.facts.get("name")
    span = next((s for s in story.view.spans if s.node_id == entry.node_id and s.ended_at == entry.at), None)
    used = None
    if span is not None:
        first, last = (story.calendar.local_date(at) for at in (span.started_at, entry.at))
        used = f"用了 {story.calendar.workdays_between(first, last)} 个工作日，不计入办理时限。"
    resumed = "，恢复计时" if _has(act, "clock_changed", clock="running") else ""
    return _line("play-fill", f"{name}结束{resumed}", used)


def _timer_fired(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    return _line("alarm", f"期限已到：{entry.facts.get('name')}")


def _deadline_moved(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    """The applicant reads of the case's own deadlines, a clerk of every one."""
    kind, facts = entry.facts.get("deadline"), entry.facts
    name = {"promised": "承诺期限", "statutory": "法定期限"}.get(str(kind))
    if name is None and not story.staff:
        return None
    name = name or f"“{facts.get('name')}”的期限"
    before, after = (_day(facts.get(key), story) for key in ("before", "after"))
    cause = f"因工作日历更改：{facts.get('cause')}。"
    if before == after:
        sure = "仍为暂定" if facts.get("provisional") else "已按公布的日历核定"
        return _line("calendar-check", f"{name}重新计算：{after}，{sure}", cause)
    return _line("calendar-event", f"{name}由{before}改为{after}", cause)


def _day(moment: object, story: Story) -> str:
    return day_words(story.calendar.local_date(datetime.fromisoformat(moment))) if isinstance(moment, str) else "未定"


def _received(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    return _line("envelope", f"收到消息：{entry.facts.get('name')}")


def _concluded(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    said = any(e.kind == "milestone_reached" and e.facts.get("name") in ("concluded", "delivered") for e in act)
    return None if said else _line("flag", "办结")


def _claimed(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    return _line("person-check", f"认领：{entry.facts.get('name')}")


def _released(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    return _line("person-dash", f"退回待认领：{entry.facts.get('name')}")


def _cancelled(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    return _line("x-lg", f"不再需要：{entry.facts.get('name')}")


def _warned(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    level = "红牌：已超过期限" if entry.facts.get("level") == "red" else "黄牌：临近期限"
    task = story.tasks.get(entry.task_id or "")
    return _line("exclamation-triangle", f"{level}（{task.name if task else '全程'}）")


def _overseen(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    card = "红牌" if entry.facts.get("level") == "red" else "黄牌"
    due_on = entry.facts.get("due_on")
    limit = f"限{day_words(date.fromisoformat(due_on))}前改正。" if isinstance(due_on, str) else None
    return _line("megaphone", f"{_OVERSEEN[entry.kind]}{card}", limit)


_OVERSEEN = {
    "warning_acknowledged": "监察人员签收",
    "warning_explained": "责任单位说明",
    "correction_ordered": "监察人员督办",
    "warning_closed": "监察人员销号",
}


def _remark(entry: HistoryEntry, story: Story) -> str | None:
    """The reason given for the act; among colleagues only."""
    given = (one.text for one in story.view.remarks if one.at == entry.at and one.kind == entry.kind)
    text = next(given, None) if story.staff else None
    return f"说明：{text}" if text else None


def _transferred(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    title = f"转办：{entry.facts.get('name')} → {entry.facts.get('assignee_name')}"
    return _line("arrow-left-right", title, _remark(entry, story))


def _delegated(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    words = {"task_delegated": "委派", "task_handed_back": "交回委派人", "task_recalled": "收回委派"}[entry.kind]
    names = f"{entry.facts.get('principal_name')} → {entry.facts.get('agent_name')}"
    return _line("person-up", f"{words}：{entry.facts.get('name')}（{names}）", _remark(entry, story))


def _returned(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    task = story.tasks.get(entry.task_id or "")
    reason = f"理由：{task.opinion}" if story.staff and task and task.opinion else None
    straight = "办完后直接回到这一步。" if entry.facts.get("returns") else None
    return _line(
        "arrow-return-left", f"{entry.facts.get('name')}：退回至{entry.facts.get('to_name')}", reason, straight
    )


def _taken_back(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    return _line("arrow-counterclockwise", f"拿回：{entry.facts.get('name')}")


def _urged(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    return _line("bell", f"{entry.actor_name}催办" if story.staff else "催办", _remark(entry, story))


def _copied(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    name = entry.facts.get("to_name")
    return _line("send-check", f"抄送：{name}" if entry.kind == "copy_sent" else f"已阅抄送：{name}")


def _asked(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line | None:
    key = entry.facts.get("question_id")
    question = next((one for one in story.view.questions if one.question_id == key), None)
    to_applicant = entry.facts.get("to_id") == APPLICANT_GROUP
    if question is None or not (story.staff or to_applicant):
        return None
    whom = story.you if to_applicant else entry.facts.get("to_name")
    if entry.kind == "question_asked":
        return _line("chat-left-text", f"询问{whom}", question.text)
    return _line("chat-left-dots", f"{whom}答复", question.answer)


def _steered(entry: HistoryEntry, act: Sequence[HistoryEntry], story: Story) -> Line:
    icon, words = _STEERED[entry.kind]
    basis = entry.facts.get("basis")
    you = story.you if entry.kind == "case_withdrawn" else ""
    return _line(icon, f"{you}{words}", f"依{basis}。" if basis else None, _remark(entry, story))


_STEERED = {
    "case_withdrawn": ("x-circle", "撤回申请"),
    "case_terminated": ("x-circle", "终止办理"),
    "case_suspended": ("pause-fill", "挂起：暂停办理和计时"),
    "case_resumed": ("play-fill", "恢复办理"),
}


Teller = Callable[[HistoryEntry, Sequence[HistoryEntry], Story], "Line | None"]

_TELLERS: Mapping[str, Teller] = {
    "case_submitted": _submitted,
    "milestone_reached": _milestone,
    "task_completed": _completed,
    "span_started": _span_started,
    "span_ended": _span_ended,
    "timer_fired": _timer_fired,
    "deadline_moved": _deadline_moved,
    "message_received": _received,
    "case_concluded": _concluded,
    "task_returned": _returned,
    "case_urged": _urged,
    "question_asked": _asked,
    "question_answered": _asked,
    **dict.fromkeys(_STEERED, _steered),
}
#: acts among colleagues, of no use to the applicant
_FOR_STAFF: Mapping[str, Teller] = {
    "task_claimed": _claimed,
    "task_released": _released,
    "task_cancelled": _cancelled,
    "warning_raised": _warned,
    "warning_acknowledged": _overseen,
    "warning_explained": _overseen,
    "correction_ordered": _overseen,
    "warning_closed": _overseen,
    "task_transferred": _transferred,
    "task_delegated": _delegated,
    "task_handed_back": _delegated,
    "task_recalled": _delegated,
    "task_taken_back": _taken_back,
    "copy_sent": _copied,
    "copy_read": _copied,
}


def _under_way(story: Story) -> list[Line]:
    """Tasks that wait for somebody now."""
    waiting = [task for task in story.view.tasks if task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)]
    return [_waiting(task, story) for task in sorted(waiting, key=lambda task: task.opened_at, reverse=True)]


def _waiting(task: TaskRecord, story: Story) -> Line:
    if task.group == APPLICANT_GROUP:
        title, who = f"轮到{story.you}：{task.name.removeprefix(APPLICANT)}", None
    else:
        title = f"正在办理：{task.name}"
        who = task.assignee_name or "待认领" if story.staff else None
    holder = story.org_name(task.org) if task.org else None
    return Line(
        "now",
        "pencil-fill",
        title,
        task.opened_at,
        notes=(f"由{holder}办理。",) if holder else (),
        who=who,
        due_at=task.due_at,
        task=task,
    )
