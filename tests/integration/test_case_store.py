"""Cases, tasks and what belongs to them: what goes in comes out, and only the next version overwrites."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from storage_samples import DAY, NOW, OWNER, a_case, a_task, an_entry, stored

from engine.elements import ClockMode
from engine.errors import InvalidValue, StaleVersion, UnknownAttachment
from engine.records import (
    Applicant,
    CaseClock,
    CaseStatus,
    FormRecord,
    MessageRecord,
    NoticeRecord,
    SpanRecord,
    TaskStatus,
    TimerRecord,
)
from engine.views import CaseQuery
from storage.database import Database
from storage.files import Files
from storage.queries.cases import CaseQueries
from storage.queries.inbox import Inbox
from storage.tables import metadata, outbox
from storage.uow import UnitOfWork


def test_case_comes_back_as_it_was_stored(database: Database) -> None:
    case = a_case(
        result="granted",
        decided_at=NOW,
        concluded_at=NOW + DAY,
        delivered_at=NOW + 2 * DAY,
        provisional=True,
        history_seq=7,
        history_hash="f" * 64,
    )
    bare = a_case(
        applicant=Applicant(name="黄珍", id_number="450721199001010021", phone="13807770002"),
        promised_due_at=None,
        statutory_due_at=None,
        warn_at=None,
        clock=CaseClock.NOT_STARTED,
    )
    stored(database, case, bare)
    with UnitOfWork(database) as uow:
        assert uow.cases.lock(case.case_no) == case
        assert uow.cases.lock(bare.case_no) == bare
        assert uow.cases.applicant_group_case(case.case_no) == replace(case, state=b"")
        assert uow.cases.lock("450721-261014-9999") is None
        assert uow.cases.applicant_group_case("450721-261014-9999") is None


def test_lock_sees_what_the_same_transaction_wrote(database: Database) -> None:
    case = a_case()
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.cases.lock(case.case_no)
        changed = replace(case, status=CaseStatus.DECIDED, version=2)
        uow.cases.save(changed)
        assert uow.cases.lock(case.case_no) == changed


def test_case_is_found_by_its_task(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    with UnitOfWork(database) as uow:
        assert uow.cases.lock_of_task(task.task_id) == case
        assert uow.cases.lock_of_task("0" * 32) is None


def test_saving_a_case_takes_the_next_version_only(database: Database) -> None:
    case = a_case()
    stored(database, case)
    second = replace(case, status=CaseStatus.DECIDED, state=b"next", result="granted", version=2)
    with UnitOfWork(database) as uow:
        uow.cases.save(second)
        uow.commit()
    with UnitOfWork(database) as uow:
        with pytest.raises(StaleVersion):
            uow.cases.save(replace(case, status=CaseStatus.CONCLUDED, version=2))
        assert uow.cases.lock(case.case_no) == second


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"status": CaseStatus.CONCLUDED, "concluded_at": NOW},
        {"applicant": Applicant("黄珍", "450721199001010021", "13807770002", "organisation", "u-h", "覃明")},
        {"definition_id": "e" * 64, "owner_org": "450700-mzw", "item_name": "另一个事项"},
        {"clock": CaseClock.PAUSED, "promised_due_at": None, "statutory_due_at": None, "warn_at": None},
        {"state": b"\x00other", "history_seq": 9, "history_hash": "a" * 64, "provisional": True},
        {"result": "granted", "accepted_at": NOW, "decided_at": NOW, "delivered_at": NOW},
    ],
)
def test_whatever_an_act_changes_of_a_case_is_written(database: Database, change: dict[str, object]) -> None:
    case, other = a_case(), a_case()
    stored(database, case, other)
    with UnitOfWork(database) as uow:
        changed = replace(uow.cases.lock(case.case_no), version=2, **change)
        uow.cases.save(changed)
        uow.commit()
    with UnitOfWork(database) as uow:
        assert uow.cases.lock(case.case_no) == changed
        assert uow.cases.lock(other.case_no) == other
    found = CaseQueries(database).page(CaseQuery(text=changed.applicant.name)).rows
    assert changed.case_no in [row.case_no for row in found]


def test_a_deadline_that_moves_moves_the_next_card(database: Database) -> None:
    case = a_case(warn_at=NOW + 5 * DAY)
    stored(database, case)
    for version, days in ((2, 2), (3, 8)):
        with UnitOfWork(database) as uow:
            held = uow.cases.lock(case.case_no)
            due = NOW + days * DAY
            uow.cases.save(replace(held, version=version, warn_at=due - DAY, promised_due_at=due))
            uow.commit()
        with UnitOfWork(database) as uow:
            assert not uow.warnings.cases_due(due - DAY * 1.1, 10)
            assert [found.case_no for found, _ in uow.warnings.cases_due(due - DAY, 10)] == [case.case_no]


def test_task_comes_back_as_it_was_stored(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    bare = a_task(case, stage=None, org=None, group="applicant", due_at=None, warn_at=None, case_due_at=None)
    stored(database, case, tasks=(task, bare))
    with UnitOfWork(database) as uow:
        assert uow.tasks.lock(task.task_id) == task
        assert uow.tasks.lock(bare.task_id) == bare
        assert uow.tasks.lock("0" * 32) is None


def test_saving_a_task_takes_the_next_version_only(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    done = replace(
        task,
        status=TaskStatus.DONE,
        assignee_id="u-wei",
        assignee_name="韦晓兰",
        claimed_at=NOW,
        done_at=NOW,
        outcome="approve",
        outcome_name="通过",
        opinion="材料齐全，符合要求。",
        version=2,
    )
    with UnitOfWork(database) as uow:
        uow.tasks.save(done)
        uow.commit()
    assert Inbox(database).task(task.task_id) == done
    with UnitOfWork(database) as uow, pytest.raises(StaleVersion):
        uow.tasks.save(replace(task, status=TaskStatus.CLAIMED, version=2))
    assert Inbox(database).task(task.task_id) == done


def test_open_tasks_and_handlers_of_a_case(database: Database) -> None:
    case, other = a_case(), a_case()
    first = a_task(case, opened_at=NOW - 2 * DAY)
    second = a_task(case, opened_at=NOW - DAY, status=TaskStatus.CLAIMED, assignee_id="u-lu")
    cancelled = a_task(case, status=TaskStatus.CANCELLED)
    accepted = a_task(case, node_id="accept", status=TaskStatus.DONE, assignee_id="u-wei", done_at=NOW)
    again = a_task(case, node_id="accept", status=TaskStatus.DONE, assignee_id="u-wei", done_at=NOW)
    elsewhere = a_task(other, node_id="accept", status=TaskStatus.DONE, assignee_id="u-shi", done_at=NOW)
    stored(database, case, other, tasks=(second, first, cancelled, accepted, again, elsewhere))
    with UnitOfWork(database) as uow:
        assert uow.tasks.open_of(case.case_no) == [first, second]
        assert uow.tasks.handlers(case.case_no, ["accept", "review"]) == [("accept", "u-wei")]
        assert uow.tasks.handlers(case.case_no, []) == []


def test_case_clock_is_copied_into_open_tasks_only(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    done = a_task(case, status=TaskStatus.DONE, done_at=NOW)
    stored(database, case, tasks=(task, done))
    with UnitOfWork(database) as uow:
        uow.tasks.set_case_clock(case.case_no, NOW + DAY, True)
        uow.commit()
    assert Inbox(database).task(task.task_id) == replace(task, case_due_at=NOW + DAY, paused=True)
    assert Inbox(database).task(done.task_id) == done


def test_timers(database: Database) -> None:
    case = a_case()
    early = TimerRecord("t" * 32, case.case_no, "wait", NOW - DAY)
    late = TimerRecord("u" * 32, case.case_no, "wait", NOW + DAY)
    now = TimerRecord("v" * 32, case.case_no, "wait", NOW)
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.timers.add([late, now, early])
        assert uow.timers.of_case(case.case_no) == [early, now, late]
        assert uow.timers.due(NOW, 10) == [early, now]
        assert uow.timers.due(NOW, 1) == [early]
        uow.timers.remove([early.timer_id, now.timer_id])
        uow.timers.remove([])
        assert uow.timers.of_case(case.case_no) == [late]


def test_spans(database: Database) -> None:
    case = a_case()
    first = SpanRecord("s" * 32, case.case_no, "survey", "机构评审", ClockMode.EXCLUDED, "agency", "第八条", NOW - DAY)
    second = SpanRecord("p" * 32, case.case_no, "supplement", "补正", ClockMode.SUSPENDS, "applicant", None, NOW)
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.spans.add([second, first])
        uow.spans.end(first.span_id, NOW)
        assert uow.spans.of_case(case.case_no) == [replace(first, ended_at=NOW), second]


def test_history_keeps_facts_and_their_order_and_gives_a_number_once(database: Database) -> None:
    case = a_case()
    facts = {"z": 1, "a": {"2": "二", "1": "一"}, "list": [1.5, None, True]}
    entries = [an_entry(case, 1, facts=facts), an_entry(case, 2)]
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.history.append(entries)
        uow.commit()
    view = CaseQueries(database).view(case.case_no)
    assert view is not None
    assert view.history == entries
    assert list(view.history[0].facts) == ["z", "a", "list"]
    with UnitOfWork(database) as uow, pytest.raises(StaleVersion):
        uow.history.append([an_entry(case, 2)])


def test_form_of_a_task_replaces_itself_and_nothing_else(database: Database) -> None:
    case = a_case()
    application = FormRecord(case.case_no, "start", None, {"project_name": "年产五万吨速冻食品"}, NOW, "u-guihe")
    review = FormRecord(case.case_no, "review", "1" * 32, {"coal": 1}, NOW + DAY, "u-wei")
    repeated = FormRecord(case.case_no, "review", "2" * 32, {"coal": 2}, NOW + 2 * DAY, "u-wei")
    stored(database, case)
    with UnitOfWork(database) as uow:
        for form in (application, review, repeated, replace(review, values={"coal": 3})):
            uow.forms.put(form)
        found = uow.forms.of_case(case.case_no)
    assert found == [application, replace(review, values={"coal": 3}), repeated]


def test_decimal_keeps_its_digits(database: Database) -> None:
    case = a_case()
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.forms.put(FormRecord(case.case_no, "start", None, {"coal": Decimal("1234.50")}, NOW, "u"))
        assert uow.forms.of_case(case.case_no)[0].values == {"coal": 1234.5}


@pytest.mark.parametrize("value", [10**30, object(), "\ud800"])
def test_what_json_cannot_hold_is_refused_by_name(database: Database, value: object) -> None:
    case = a_case()
    stored(database, case)
    with UnitOfWork(database) as uow, pytest.raises(InvalidValue):
        uow.forms.put(FormRecord(case.case_no, "start", None, {"field": value}, NOW, "u"))


@pytest.mark.parametrize("name", ["黄\x00珍", "黄\ud800珍"])
def test_text_that_a_database_cannot_hold_is_refused_by_name(database: Database, name: str) -> None:
    case = a_case(applicant=Applicant(name=name, id_number="1", phone="2"))
    with UnitOfWork(database) as uow, pytest.raises(InvalidValue):
        uow.cases.add(case)
    assert CaseQueries(database).view(case.case_no) is None


def test_naive_times_are_refused(database: Database) -> None:
    case = a_case(submitted_at=datetime(2026, 10, 14))  # noqa: DTZ001
    with UnitOfWork(database) as uow, pytest.raises(Exception, match="aware"):
        uow.cases.add(case)


def test_notices_and_messages(database: Database) -> None:
    case = a_case()
    notice = NoticeRecord(
        "n" * 32, case.case_no, "acceptance", "灵审受字〔2026〕第000123号", NOW, "accept", {"item": case.item_name}
    )
    message = MessageRecord("m" * 32, case.case_no, "applicant", "13907770001", "accepted", {"item": "x"}, NOW)
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.notices.add([notice])
        uow.notices.add([])
        uow.outbox.add([message])
        uow.commit()
    assert CaseQueries(database).notice(notice.notice_id) == notice
    assert CaseQueries(database).notice("0" * 32) is None
    with database.reading() as connection:
        assert connection.execute(select(outbox.c.address, outbox.c.facts)).all() == [("13907770001", {"item": "x"})]


def test_what_belongs_to_no_case_cannot_be_stored(database: Database) -> None:
    with UnitOfWork(database) as uow:
        uow.tasks.add([a_task(a_case())])
        with pytest.raises(IntegrityError):
            uow.commit()
    assert counted(database) == {}


def test_leaving_without_commit_leaves_nothing(database: Database) -> None:
    case = a_case()
    with UnitOfWork(database) as uow:
        fill(uow, case)
    assert counted(database) == {}
    with suppress(RuntimeError), UnitOfWork(database) as uow:
        fill(uow, case)
        raise RuntimeError
    assert counted(database) == {}


def test_commit_keeps_everything(database: Database) -> None:
    with UnitOfWork(database) as uow:
        fill(uow, a_case())
        uow.commit()
    tables = {"cases", "tasks", "timers", "history", "forms", "notices", "outbox", "numbers", "case_orgs"}
    assert counted(database) == dict.fromkeys(tables, 1)


def fill(uow: UnitOfWork, case: object) -> None:
    """Write a row into most tables."""
    uow.cases.add(case)
    uow.tasks.add([a_task(case)])
    uow.timers.add([TimerRecord("t" * 32, case.case_no, "wait", NOW)])
    uow.history.append([an_entry(case, 1)])
    uow.forms.put(FormRecord(case.case_no, "start", None, {}, NOW, "u"))
    uow.notices.add([NoticeRecord("n" * 32, case.case_no, "acceptance", "1", NOW, "accept", {})])
    uow.outbox.add([MessageRecord("m" * 32, case.case_no, "applicant", "1", "accepted", {}, NOW)])
    uow.numbers.next("case:450721-261014")


def counted(database: Database) -> dict[str, int]:
    """Rows by table, those with none left out."""
    with database.snapshot() as connection:
        counts = {
            name: connection.scalar(select(func.count()).select_from(table)) for name, table in metadata.tables.items()
        }
    return {name: number for name, number in counts.items() if number}


def test_attachments_are_bound_once_and_by_their_owner(database: Database, tmp_path: object) -> None:
    case = a_case()
    stored(database, case)
    files = Files(database, tmp_path / "files")
    mine, theirs = (
        files.add(
            field="application",
            filename=f"{owner}申请书.pdf",
            media_type="application/pdf",
            content=b"%PDF-1.7",
            owner=owner,
            draft_id="d",
            at=NOW,
        )
        for owner in ("u-guihe", "u-other")
    )
    for wanted in ([theirs.attachment_id], [mine.attachment_id, theirs.attachment_id], ["0" * 32]):
        with UnitOfWork(database) as uow, pytest.raises(UnknownAttachment):
            uow.attachments.bind(wanted, case.case_no, None, "u-guihe")
    with UnitOfWork(database) as uow:
        uow.attachments.bind([], case.case_no, None, "u-guihe")
        uow.attachments.bind([mine.attachment_id, mine.attachment_id], case.case_no, "t" * 32, "u-guihe")
        names = uow.attachments.names([mine.attachment_id, "0" * 32])
        assert names == {mine.attachment_id: "u-guihe申请书.pdf"}
        assert uow.attachments.names([]) == {}
        uow.commit()
    view = CaseQueries(database).view(case.case_no)
    assert view is not None
    assert view.attachments == [replace(mine, case_no=case.case_no, task_id="t" * 32)]
    with UnitOfWork(database) as uow, pytest.raises(UnknownAttachment):
        uow.attachments.bind([mine.attachment_id], case.case_no, None, "u-guihe")


def test_owner_shows_in_the_lists_after_a_change_of_owner(database: Database) -> None:
    case = a_case()
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.cases.lock(case.case_no)
        uow.cases.save(replace(case, owner_org="450700-fgw", version=2))
        uow.commit()
    for org in (OWNER, "450700-fgw"):
        found = CaseQueries(database).page(CaseQuery(orgs=frozenset({org})))
        assert [row.case_no for row in found.rows] == [case.case_no]
