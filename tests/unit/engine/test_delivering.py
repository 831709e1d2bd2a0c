"""Messages leave the outbox at least once, by one worker at a time, and not for ever."""

import logging
from datetime import timedelta

import pytest

from engine.backoff import LONGEST_DELAY, delay_after
from engine.delivery import ATTEMPTS, LEASE, Courier, Delivered, NotSent, OnSite, masked
from tests.unit.engine.office import APPLICANT, CITIZEN, WINDOW, Office


class Gateway:
    """Takes messages, or fails as it is told to."""

    channel = "test"

    def __init__(self):
        self.taken, self.fails = [], {}

    def send(self, message):
        if error := self.fails.get(message.template, self.fails.get("*")):
            raise error
        self.taken.append(message.template)


@pytest.fixture
def office():
    """Three messages wait: to the applicant, to the reviewers, to the supervisor."""
    office = Office()
    office.submit()
    office.complete(WINDOW, "受理", "accepted")
    return office


@pytest.fixture
def gateway():
    return Gateway()


def courier(office, gateway, batch=10):
    return Courier(office.store, gateway, office.clock, batch)


def state(office, template):
    (message,) = [one for one in office.store.tables.outbox if one.template == template]
    return office.store.tables.deliveries[message.message_id]


def test_every_message_goes_out_once(office, gateway):
    assert courier(office, gateway, batch=2).deliver() == Delivered(sent=3)
    assert gateway.taken == ["accepted", "new_task", "registered"]
    assert state(office, "accepted").channel == "test"
    assert state(office, "accepted").delivered_at == office.clock.now()
    assert courier(office, gateway).deliver() == Delivered()
    assert len(gateway.taken) == 3


def test_nothing_is_sent_inside_a_transaction(office, gateway):
    held = []
    send = gateway.send

    def watching(message):
        held.append(state(office, message.template).attempts)
        send(message)

    gateway.send = watching
    courier(office, gateway).deliver()
    assert held == [1, 1, 1]  # the claim is committed before the message leaves


def test_a_platform_without_a_gateway_delivers_by_listing(office):
    assert courier(office, OnSite()).deliver() == Delivered(sent=3)
    assert state(office, "accepted").channel == "site"


def test_a_message_stands_in_its_reader_s_list(office):
    readers = {message.template: message.reader for message in office.store.tables.outbox}
    assert readers["accepted"] == CITIZEN.user_id
    assert readers["new_task"].endswith(":reviewer")
    assert readers["registered"].endswith(":supervisor")


def test_one_that_fails_waits_ever_longer_and_holds_up_nobody(office, gateway):
    gateway.fails["accepted"] = NotSent("网关忙")
    assert courier(office, gateway).deliver() == Delivered(sent=2, put_off=1)
    waits = []
    for _ in range(4):
        before = office.clock.now()
        waits.append(state(office, "accepted").due_at - before)
        office.clock.set(state(office, "accepted").due_at - timedelta(microseconds=1))
        assert courier(office, gateway).deliver() == Delivered()
        office.clock.set(state(office, "accepted").due_at)
        assert courier(office, gateway).deliver() == Delivered(put_off=1)
    assert [wait.total_seconds() for wait in waits] == [30, 60, 120, 240]
    assert state(office, "accepted").reason == "网关忙"
    gateway.fails.clear()
    office.clock.set(state(office, "accepted").due_at)
    assert courier(office, gateway).deliver() == Delivered(sent=1)
    assert state(office, "accepted").reason is None


def test_the_delay_has_an_end():
    assert delay_after(ATTEMPTS * 100) == LONGEST_DELAY


def test_after_so_many_attempts_it_is_given_up_and_the_reason_kept(office, gateway, caplog):
    gateway.fails["accepted"] = NotSent("网关忙")
    for _ in range(ATTEMPTS):
        outcome = courier(office, gateway).deliver()
        office.clock.set(state(office, "accepted").due_at or office.clock.now())
    assert outcome == Delivered(given_up=1)
    kept = state(office, "accepted")
    assert (kept.due_at, kept.delivered_at, kept.reason, kept.attempts) == (None, None, "网关忙", ATTEMPTS)
    office.clock.advance(timedelta(days=30))
    assert courier(office, gateway).deliver() == Delivered()
    assert caplog.records[-1].levelno == logging.ERROR


def test_a_message_that_is_refused_for_good_is_not_tried_again(office, gateway):
    gateway.fails["accepted"] = NotSent("没有这个模板", final=True)
    assert courier(office, gateway).deliver() == Delivered(sent=2, given_up=1)
    assert state(office, "accepted").attempts == 1


def test_a_gateway_out_of_order_is_left_alone_until_the_next_round(office, gateway):
    gateway.fails["*"] = NotSent("连不上")
    assert courier(office, gateway, batch=1).deliver() == Delivered(put_off=1)
    assert courier(office, gateway, batch=1).deliver() == Delivered(put_off=1)


def test_whatever_a_sender_raises_the_others_go_out(office, gateway):
    gateway.fails["accepted"] = RuntimeError("13800000000")
    assert courier(office, gateway).deliver() == Delivered(sent=2, put_off=1)
    assert state(office, "accepted").reason == "系统内部错误（RuntimeError）"


def test_what_another_worker_has_claimed_is_not_sent(office, gateway):
    with office.store() as uow:
        held = uow.outbox.claim(office.clock.now(), office.clock.now() + LEASE, 2)
        uow.commit()
    assert courier(office, gateway).deliver() == Delivered(sent=1)
    office.clock.advance(LEASE)  # that worker died: its claim has lapsed
    assert courier(office, gateway).deliver() == Delivered(sent=2)
    with office.store() as uow:  # and if it was only slow, its late word changes nothing
        uow.outbox.failed(held[0], "太慢", office.clock.now())
        uow.commit()
    assert state(office, held[0].message.template).due_at is None


def test_no_phone_number_is_logged_or_kept(office, gateway, caplog):
    gateway.fails["*"] = NotSent(f"号码 {APPLICANT.phone} 停机")
    with caplog.at_level(logging.DEBUG):
        courier(office, gateway).deliver()
    assert state(office, "accepted").reason == "号码 138****0000 停机"
    assert "138****0000" in caplog.text
    assert APPLICANT.phone not in caplog.text


def test_long_numbers_are_masked():
    assert masked("电话13907770001，证件450721199003078512，编号12345") == "电话139****0001，证件450****8512，编号12345"
