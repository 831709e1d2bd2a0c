"""The timeline, whose turn it is, the day ledger and the marks of the diagram, told from a real case."""

from dataclasses import replace
from datetime import date

import pytest

from engine.commands import RecomputeDeadlines
from engine.ledger import ledger
from engine.records import SYSTEM
from tests.unit.engine.fakes import calendar_2026
from tests.unit.webapp.applying import apply
from tests.unit.webapp.hall import CITIZEN, PDF, Hall
from webapp.diagrams import marks
from webapp.ledger_view import makeup_days, span_notes, weeks
from webapp.turn import turn_of
from webapp.wording import timeline


@pytest.fixture
def hall():
    """Handed in on a Monday, sent back the same day, supplemented the next, accepted on Wednesday, inspected."""
    made = Hall()
    made.at("2026-09-14 15:26")
    apply(made)
    made.at("2026-09-14 16:00")
    made.clerk("accept", "supplement", "申请书没有签名", missing=["request"])
    return made


def answer(hall, when="2026-09-15 17:32"):
    from engine.commands import CompleteTask
    from engine.records import Actor

    hall.at(when)
    task = hall.store.task("fill")
    file = hall.files.add(
        field="request",
        filename="申请书签名页.pdf",
        media_type="application/pdf",
        content=PDF,
        owner=CITIZEN.user_id,
        draft_id=task.task_id,
        at=hall.clock.now(),
    )
    ids = (file.attachment_id,)
    who = Actor(CITIZEN.user_id, CITIZEN.name)
    hall.services.execute(CompleteTask(who, task.task_id, "done", None, {"files": list(ids)}, ids))


def to_the_end(hall):
    answer(hall)
    hall.at("2026-09-18 11:05")
    hall.clerk("accept", "accepted")
    hall.at("2026-09-22 16:20")
    hall.clerk("inspect", "ok", "现场与申请一致")
    hall.at("2026-09-23 09:00")
    hall.clerk("decide", "granted", "内部意见：从快")


def lines(hall, staff=False):
    view = hall.cases.view(hall.case.case_no)
    return timeline(view, calendar_2026(), lambda code: "灵山县行政审批局", staff=staff)


def titles(hall, staff=False):
    return [line.title for line in lines(hall, staff)]


def turn(hall):
    return turn_of(hall.cases.view(hall.case.case_no), lambda code: "灵山县行政审批局")


def test_the_applicant_reads_what_happened_newest_first(hall):
    to_the_end(hall)
    assert titles(hall) == [
        "办结：准予",
        "作出决定：准予",
        "现场核查结束，恢复计时",
        "现场核查开始，暂停计时",
        "受理",
        "您提交了补正材料",
        "一次告知：需要补正",
        "您提交了申请",
    ]


def test_each_line_brings_its_reasons_and_its_papers(hall):
    to_the_end(hall)
    by_title = {line.title: line for line in lines(hall)}
    assert by_title["一次告知：需要补正"].notes[0] == "需要补正：申请书。"
    assert [n.template for n in by_title["一次告知：需要补正"].notices] == ["supplement"]
    assert by_title["您提交了补正材料"].notes == ("材料：申请书签名页.pdf。",)
    assert [n.template for n in by_title["受理"].notices] == ["acceptance"]
    assert "《行政许可法》第四十五条" in by_title["现场核查开始，暂停计时"].notes[0]
    # 20 September is worked in exchange: Saturday 19th is not, so Sunday, Monday and Tuesday are
    assert by_title["现场核查结束，恢复计时"].notes == ("用了 3 个工作日，不计入办理时限。",)
    assert by_title["您提交了申请"].notes == ("网上申请，材料 1 份。",)


def test_a_clerk_reads_names_opinions_and_every_step(hall):
    to_the_end(hall)
    told = titles(hall, staff=True)
    assert "受理：补正" in told
    assert "申请人提交了补正材料" in told
    inspected = next(line for line in lines(hall, staff=True) if line.title == "现场核查：核查完毕")
    assert inspected.who == "韦晓兰"
    assert inspected.notes == ("意见：现场与申请一致",)


def test_the_applicant_is_not_told_opinions_among_colleagues(hall):
    to_the_end(hall)
    said = "".join(note for line in lines(hall) for note in line.notes)
    assert "现场与申请一致" not in said
    assert "内部意见" not in said
    assert all(line.who is None for line in lines(hall))


def test_whose_turn_it_is_follows_the_case(hall):
    assert (turn(hall).who, turn(hall).what) == ("您", "请补正材料。")
    assert turn(hall).task.node_id == "fill"
    answer(hall)
    assert turn(hall).who == "灵山县行政审批局"
    assert turn(hall).what == "正在办理：受理。您现在不需要做什么。"
    hall.clerk("accept", "accepted")
    assert "正在进行“现场核查”，办理时限暂停计算" in turn(hall).what
    hall.clerk("inspect", "ok")
    hall.clerk("decide", "granted")
    assert (turn(hall).who, turn(hall).what, turn(hall).over) == ("已办结", "结果：准予。", True)


def test_the_ledger_sheet_puts_every_day_under_its_weekday(hall):
    to_the_end(hall)
    view = hall.cases.view(hall.case.case_no)
    book = ledger(view.case, view.spans, hall.clock.now(), calendar_2026())
    sheet = weeks(book)
    marked = ["".join(cell.mark if cell else "·" for cell in week) for week in sheet]
    assert marked == ["交您受受受休停", "停停计····"]
    assert sheet[0][0].label == "9/14"
    assert makeup_days(book) == ["9月20日"]
    assert span_notes(book, "stopped") == ["现场核查，9月20日至22日，《行政许可法》第四十五条"]
    assert sum(book.sums.values()) == book.elapsed == 8


def test_the_diagram_marks_where_the_case_stands(hall):
    process = hall.catalog.current(hall.case.item_key).process
    waiting = marks(hall.cases.view(hall.case.case_no), process)
    assert waiting.current == ("fill",)
    assert set(waiting.done) == {"apply", "accept", "told"}
    to_the_end(hall)
    done = marks(hall.cases.view(hall.case.case_no), process)
    assert done.current == ()
    assert {"apply", "accept", "fill", "accepted", "inspect", "decide", "done"} <= set(done.done)


def recompute(hall, **changed):
    """The calendar changes, and the case's deadlines are worked out anew."""
    case_no = hall.case.case_no
    hall.services.calendars._calendar = replace(hall.services.calendars._calendar, **changed)
    hall.services.execute(RecomputeDeadlines(SYSTEM, case_no, 1, "2026年9月24日：停电检修（休）"))


def test_a_deadline_moved_by_the_calendar_is_told_with_its_cause(hall):
    answer(hall)
    hall.at("2026-09-18 11:05")
    hall.clerk("accept", "accepted")
    hall.at("2026-09-18 15:00")
    hall.clerk("inspect", "ok", "现场与申请一致")
    hall.at("2026-09-21 09:00")
    recompute(hall, closed={date(2026, 9, 24): "停电检修"})
    told = {line.title: line.notes for line in lines(hall) if "期限由" in line.title}
    assert told["承诺期限由2026年9月24日改为2026年9月28日"] == ("因工作日历更改：2026年9月24日：停电检修（休）。",)
    assert all(title.startswith(("承诺", "法定")) for title in told)
