"""engine.ledger: the drawn case day by day, and that no day is ever counted twice or lost."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.deadlines import deadlines
from engine.elements import ClockMode
from engine.ledger import Account, ledger
from engine.records import CaseClock, CaseRecord, CaseStatus, SpanRecord
from tests.unit.engine.fakes import at, calendar_2026
from tests.unit.engine.office import APPLICANT, ITEM

CALENDAR = calendar_2026()
NO = "450721-260914-0017"
CASE = CaseRecord(
    NO, ITEM.key, ITEM.name, "d", ITEM.owner_org, APPLICANT, "web", CaseStatus.SUBMITTED, at("2026-09-14 15:26"), b""
)
SUPPLEMENT = SpanRecord(
    "s1",
    NO,
    "supplement",
    "补正",
    ClockMode.SUSPENDS,
    "applicant",
    "第三十二条",
    at("2026-09-15 10:48"),
    at("2026-09-17 17:32"),
)
EXPERT = SpanRecord(
    "s2",
    NO,
    "expert",
    "机构评审",
    ClockMode.EXCLUDED,
    "agency",
    "第八条",
    at("2026-09-20 15:10"),
    at("2026-10-12 16:20"),
)


def accepted(case, moment, *spans):
    due = deadlines(moment, ITEM, spans, CALENDAR)
    return replace(
        case,
        accepted_at=moment,
        clock=CaseClock.RUNNING if due.promised_due_at else CaseClock.PAUSED,
        promised_due_at=due.promised_due_at,
        statutory_due_at=due.statutory_due_at,
    )


def marks(book):
    return "".join(day.account.mark for day in book.days)


def test_the_drawn_case():
    case = accepted(CASE, at("2026-09-18 11:05"), SUPPLEMENT, EXPERT)
    book = ledger(case, [SUPPLEMENT, EXPERT], at("2026-10-14 10:42"), CALENDAR)
    assert marks(book) == (
        "交受您您受休计"  # 14 to 20 September
        "停停停停休休休"
        "停停停休休休休"
        "休休休停停停休"
        "停计计余限"  # 12 to 16 October
    )
    assert book.sums == {Account.INTAKE: 2, Account.APPLICANT: 2, Account.COUNTED: 3, Account.STOPPED: 11}
    assert (book.elapsed, book.rest) == (18, 12)
    notes = {day.day: day.note for day in book.days if day.note}
    assert notes == {
        date(2026, 9, 14): "申请",
        date(2026, 9, 18): "受理",
        date(2026, 9, 20): "调休",
        **dict.fromkeys((date(2026, 9, d) for d in (25, 26, 27)), "中秋节"),
        **dict.fromkeys((date(2026, 10, d) for d in range(1, 8)), "国庆节"),
        date(2026, 10, 10): "调休",
        date(2026, 10, 14): "今天",
        date(2026, 10, 16): "承诺",
    }
    assert [day.day for day in book.days if day.today] == [date(2026, 10, 14)]


def test_days_know_the_span_that_explains_them():
    case = accepted(CASE, at("2026-09-18 11:05"), SUPPLEMENT, EXPERT)
    by_day = {day.day: day for day in ledger(case, [SUPPLEMENT, EXPERT], at("2026-10-14 10:42"), CALENDAR).days}
    assert by_day[date(2026, 9, 16)].span is SUPPLEMENT
    assert by_day[date(2026, 10, 9)].span is EXPERT
    assert by_day[date(2026, 9, 20)].span is None


def test_on_the_day_of_submission_nothing_has_elapsed():
    book = ledger(CASE, [], at("2026-09-14 16:00"), CALENDAR)
    assert (marks(book), book.elapsed, book.days[0].today) == ("交", 0, True)


def test_while_paused_no_coming_day_is_promised():
    span = replace(EXPERT, ended_at=None)
    case = accepted(CASE, at("2026-09-18 11:05"), span)
    book = ledger(case, [span], at("2026-09-22 10:00"), CALENDAR)
    assert marks(book) == "交受受受受休计停停"


def test_days_counted_after_the_deadline_are_marked():
    case = accepted(CASE, at("2026-09-14 16:00"))
    book = ledger(case, [], at("2026-09-22 10:00"), CALENDAR)
    assert marks(book) == "交计计计计休计计计"
    assert [day.day.day for day in book.days if day.over] == [21, 22]
    assert book.days[6].note == "承诺"


def test_the_ledger_closes_with_the_decision():
    case = accepted(CASE, at("2026-09-14 16:00"))
    case = replace(
        case, clock=CaseClock.STOPPED, decided_at=at("2026-09-16 10:00"), concluded_at=at("2026-09-18 10:00")
    )
    book = ledger(case, [], at("2026-10-14 10:00"), CALENDAR)
    assert (marks(book), book.until) == ("交计计", date(2026, 9, 16))
    assert book.days[-1].note == "决定"


def test_a_case_that_is_not_accepted_closes_with_its_end():
    case = replace(CASE, concluded_at=at("2026-09-17 10:00"))
    assert marks(ledger(case, [], at("2026-10-14 10:00"), CALENDAR)) == "交受受受"


def test_the_applicants_time_after_acceptance_counts_unless_the_diagram_says_otherwise():
    case = accepted(CASE, at("2026-09-14 16:00"))
    span = replace(SUPPLEMENT, mode=ClockMode.COUNTS)
    assert marks(ledger(case, [span], at("2026-09-17 18:00"), CALENDAR)).startswith("交计计计")
    case = accepted(CASE, at("2026-09-14 16:00"), SUPPLEMENT)
    assert marks(ledger(case, [SUPPLEMENT], at("2026-09-17 18:00"), CALENDAR)).startswith("交计您您")


def test_without_a_promise_the_statute_is_the_limit():
    case = replace(accepted(CASE, at("2026-09-14 16:00")), promised_due_at=None)
    assert ledger(case, [], at("2026-09-15 10:00"), CALENDAR).days[-1].note == "法定"


MOMENT = st.builds(lambda minutes: CASE.submitted_at + timedelta(minutes=minutes), st.integers(0, 80 * 1440))
SPAN = st.builds(
    lambda ref, mode, party, since, until: SpanRecord(
        ref, NO, "n", "n", mode, party, None, min(since, until), max(since, until)
    ),
    st.uuids().map(str),
    st.sampled_from(ClockMode),
    st.sampled_from(["agency", "applicant"]),
    MOMENT,
    MOMENT,
)


@given(MOMENT | st.none(), st.lists(SPAN, max_size=4), MOMENT)
def test_the_accounts_always_add_up_and_agree_with_the_deadline(acceptance, spans, now):
    spans = [span for span in spans if span.ended_at <= now]
    case = accepted(CASE, acceptance, *spans) if acceptance is not None and acceptance <= now else CASE
    book = ledger(case, spans, now, CALENDAR)
    first, today = CALENDAR.local_date(case.submitted_at), CALENDAR.local_date(now)
    assert sum(book.sums.values()) == book.elapsed == CALENDAR.workdays_between(first, today)
    assert book.elapsed + book.rest == (today - first).days
    assert [day.day for day in book.days] == [first + timedelta(days=i) for i in range(len(book.days))]
    if case.promised_due_at is not None:
        left = [day for day in book.days if day.account in (Account.LEFT, Account.DUE)]
        over = [day for day in book.days if day.over]
        assert book.sums[Account.COUNTED] + len(left) - len(over) == ITEM.promised.value
