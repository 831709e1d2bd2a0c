"""What people tell each other about a case: remarks, urgings, copies, questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from engine.contacts import CopyRecord, QuestionRecord, RemarkRecord, UrgeRecord
from storage.rows import COPY, QUESTION, REMARK, URGE
from storage.statements import insert_unless_there
from storage.tables import copies, questions, remarks, urges
from storage.types import Moment

_COPY = select(*COPY.columns).where(copies.c.copy_id == bindparam("key"))
_MARK_READ = (
    update(copies)
    .where(copies.c.copy_id == bindparam("key"), copies.c.read_at.is_(None))
    .values(read_at=bindparam("at", type_=Moment))
)
_QUESTION = select(*QUESTION.columns).where(questions.c.question_id == bindparam("key"))
_ANSWER = ("answer", "answered_by_id", "answered_by_name", "answered_at")


class Remarks:
    """:class:`engine.ports.Remarks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, given: Sequence[RemarkRecord]) -> None:
        """Store reasons given."""
        if given:
            self._connection.execute(insert(remarks), [REMARK.values(remark) for remark in given])


class Urges:
    """:class:`engine.ports.Urges`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, urge: UrgeRecord) -> bool:
        """True when it was the first of its day; a second one for the same (case, who, day) is not stored."""
        statement = insert_unless_there(self._connection, urges)
        return self._connection.execute(statement, URGE.values(urge)).rowcount == 1


class Copies:
    """:class:`engine.ports.Copies`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, sent: Sequence[CopyRecord]) -> None:
        """Store copies."""
        if sent:
            self._connection.execute(insert(copies), [COPY.values(copy) for copy in sent])

    def get(self, copy_id: str) -> CopyRecord | None:
        """The copy, None when there is none."""
        row = self._connection.execute(_COPY, {"key": copy_id}).first()
        return COPY.read(row) if row is not None else None

    def mark_read(self, copy_id: str, at: datetime) -> None:
        """Keep when a copy was first read."""
        self._connection.execute(_MARK_READ, {"key": copy_id, "at": at})


class Questions:
    """:class:`engine.ports.Questions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, question: QuestionRecord) -> None:
        """Store a question."""
        self._connection.execute(insert(questions), QUESTION.values(question))

    def get(self, question_id: str) -> QuestionRecord | None:
        """The question, None when there is none."""
        row = self._connection.execute(_QUESTION, {"key": question_id}).first()
        return QUESTION.read(row) if row is not None else None

    def answer(self, question: QuestionRecord) -> None:
        """Write the answer."""
        values = {name: getattr(question, name) for name in _ANSWER}
        of_question = questions.c.question_id == question.question_id
        self._connection.execute(update(questions).where(of_question).values(values))
