"""Messages as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for

from engine.records import MessageRecord
from processes.messages import text_of, title_of
from webapp.services import services

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a list of messages."""

    message: MessageRecord
    title: str
    text: str
    #: the case's page for this reader
    address: str


def messages_for(readers: frozenset[str], endpoint: str, limit: int = PAGE_SIZE) -> tuple[Sequence[Told], str | None]:
    """The page of messages that the request asks for, newest first, and the cursor of the next one.

    ``endpoint`` is the case page that each line leads to.
    """
    page = services().messages.of(readers, limit, request.args.get("cursor"))
    rows = [
        Told(message, title_of(message), text_of(message), url_for(endpoint, case_no=message.case_no))
        for message in page.rows
    ]
    return rows, page.next_cursor
