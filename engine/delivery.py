"""Delivering what the outbox holds, after the act that queued it has been committed.

A message is sent at least once: it is claimed in one short transaction, sent outside of any, and its result is kept in
another one.  A worker that dies in between leaves a claim that lapses, after which the message is sent again; its id is
the same each time, so the receiver can tell.  Workers side by side never hold the same claim.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from engine.backoff import delay_after
from engine.clock import Clock
from engine.ports import Sender, UnitOfWorkFactory
from engine.records import Delivery, MessageRecord

log = logging.getLogger(__name__)

#: how long a claim holds; a batch that is sent slowly must be through by then
LEASE = timedelta(minutes=5)
#: attempts before a message is given up, about fifteen hours after the first
ATTEMPTS = 12
#: longest reason kept
_LONGEST_REASON = 300
_NUMBER = re.compile(r"\d{7,}")


class NotSent(Exception):
    """The receiver did not take the message; ``final`` when trying again is of no use."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class OnSite:
    """A sender for a platform without a gateway: a message is delivered by being listed on its reader's page."""

    channel: ClassVar[str] = "site"

    def send(self, message: MessageRecord) -> None:
        """Nothing: the list of messages shows every message from the moment it was queued."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did."""

    sent: int = 0
    #: to be tried again later
    put_off: int = 0
    given_up: int = 0


class Courier:
    """Sends what is due, ``batch`` messages at a time, through one ``sender``."""

    def __init__(self, uow: UnitOfWorkFactory, sender: Sender, clock: Clock, batch: int = 10) -> None:
        self._uow = uow
        self._sender = sender
        self._clock = clock
        self._batch = batch

    def deliver(self) -> Delivered:
        """Send until nothing is due, or until a whole batch has failed: then the receiver is out of order."""
        sent = put_off = given_up = 0
        while claimed := self._claim():
            results = [self._attempt(one) for one in claimed]
            sent += results.count("sent")
            put_off += results.count("put_off")
            given_up += results.count("given_up")
            if "sent" not in results:
                break
        return Delivered(sent, put_off, given_up)

    def _claim(self) -> Sequence[Delivery]:
        now = self._clock.now()
        with self._uow() as uow:
            claimed = uow.outbox.claim(now, now + LEASE, self._batch)
            uow.commit()
        return claimed

    def _attempt(self, one: Delivery) -> str:
        try:
            self._sender.send(one.message)
        except NotSent as error:
            return self._failed(one, masked(str(error)), final=error.final)
        except Exception as error:
            # whatever it is, the other messages must go out; its text may hold what the message holds
            return self._failed(one, f"系统内部错误（{type(error).__name__}）", final=False)
        self._keep(one, at=self._clock.now())
        return "sent"

    def _failed(self, one: Delivery, reason: str, *, final: bool) -> str:
        over = final or one.attempt >= ATTEMPTS
        again = None if over else self._clock.now() + delay_after(one.attempt)
        message = one.message
        log.log(
            logging.ERROR if over else logging.WARNING,
            "message %s of case %s, attempt %d, %s: %s",
            message.message_id,
            message.case_no,
            one.attempt,
            "given up" if over else "put off",
            reason,
        )
        with self._uow() as uow:
            uow.outbox.failed(one, reason[:_LONGEST_REASON], again)
            uow.commit()
        return "given_up" if over else "put_off"

    def _keep(self, one: Delivery, at: datetime) -> None:
        with self._uow() as uow:
            uow.outbox.delivered(one, self._sender.channel, at)
            uow.commit()


def masked(text: str) -> str:
    """``text`` with the middle of every long number hidden: ``138****5678``."""
    return _NUMBER.sub(lambda found: f"{found[0][:3]}****{found[0][-4:]}", text)
