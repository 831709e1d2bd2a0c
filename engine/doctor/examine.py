"""The round: every case, every key, every file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.doctor.agreement import agreement
from engine.doctor.cards import cards
from engine.doctor.contents import contents
from engine.doctor.dates import dates
from engine.doctor.decisions import decisions
from engine.doctor.ports import Contents, Records
from engine.doctor.receipts import receipts
from engine.doctor.subject import INVARIANTS, CaseFile, Subject, Unreadable, Violation
from engine.doctor.trail import trail
from engine.doctor.waiting import waiting
from engine.doctor.writes import writes
from engine.errors import YichuangError
from engine.ports import Calendars, Definitions

Check = Callable[[Subject], Iterator[Violation]]

#: number of an invariant → the checks made of every case
CASE_CHECKS: Mapping[int, Sequence[Check]] = {
    1: (waiting,),
    2: (decisions,),
    3: (agreement,),
    4: (trail,),
    5: (cards,),
    6: (writes, dates),
}
ALL = frozenset(INVARIANTS)
#: the invariant about the history
TRAIL = 4


@dataclass(slots=True)
class Tally:
    """What has been looked at so far."""

    cases: int = 0
    entries: int = 0
    attachments: int = 0
    receipts: int = 0
    #: incidents that wait for an administrator; visible, so not against invariant 1
    incidents: int = 0


@dataclass(slots=True)
class Examination:
    """One round over a store.  Reads page by page; holds no case when it has gone on to the next."""

    records: Records
    definitions: Definitions
    calendars: Calendars
    files: Contents
    #: numbers of the invariants to check
    only: Collection[int] = ALL
    tally: Tally = field(default_factory=Tally, init=False)

    def __iter__(self) -> Iterator[Violation]:
        """Every violation, case by case, then of what belongs to no single case."""
        for file in self.records.case_files():
            yield from self.case(file)
        if 6 in self.only:
            yield from self._strays()
            yield from self._receipts()
            yield from self._contents()

    def case(self, file: CaseFile | Unreadable) -> Iterator[Violation]:
        """The violations of one case."""
        self.tally.cases += 1
        if isinstance(file, Unreadable):
            yield Violation(3, f"办件的记录不能读取：{file.why}", file.case_no)
            return
        self.tally.entries += len(file.history)
        self.tally.incidents += len(file.incidents)
        subject = self._subject(file)
        for number in sorted(self.only):
            for check in CASE_CHECKS[number]:
                yield from _carried_out(check, subject, number)

    def _subject(self, file: CaseFile) -> Subject:
        if not {3, 6} & set(self.only):
            return Subject(file, self.calendars)
        try:
            definition = self.definitions.get(file.case.definition_id)
        except YichuangError as error:
            return Subject(file, self.calendars, fault=error.message)
        try:
            run = definition.process.load(file.case.state)
        except YichuangError as error:
            return Subject(file, self.calendars, definition, fault=error.message)
        return Subject(file, self.calendars, definition, run)

    def _strays(self) -> Iterator[Violation]:
        for stray in self.records.strays():
            yield Violation(6, f"有{stray.what}属于不存在的办件", stray.case_no)

    def _receipts(self) -> Iterator[Violation]:
        for kept in self.records.receipts():
            self.tally.receipts += 1
            yield from receipts(kept)

    def _contents(self) -> Iterator[Violation]:
        for attachment in self.records.attachments():
            self.tally.attachments += 1
            yield from contents(attachment, self.files)


def _carried_out(check: Check, subject: Subject, number: int) -> Iterator[Violation]:
    try:
        yield from check(subject)
    except Exception as error:  # records damaged beyond what the check foresees: the round must go on
        yield subject.violation(number, f"不能检查：{type(error).__name__}: {error}")
