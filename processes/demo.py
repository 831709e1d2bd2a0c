"""What a demonstration shows: sample applicants, and cases played through the real engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from engine.calendar import WorkCalendar
from engine.records import Applicant
from engine.views import ItemRow
from processes.reading import Reading, open_table
from processes.simulate import Play

APPLICANTS_FILE = Path("_demo") / "applicants.yaml"
#: who may be an applicant of the kind ``person``
PERSONS = frozenset({"自然人"})
#: an open case came in within so many working days
RECENT = 4
#: what happens to a case beside the usual way, and how often out of a hundred
DETOURS: Sequence[tuple[tuple[str, ...], int]] = (
    ((), 62),
    (("supplement",), 20),
    (("not_accepted",), 6),
    (("return",), 5),
    (("refused",), 7),
)


@dataclass(frozen=True, slots=True)
class SampleApplicant:
    """Somebody who applies in the demonstration."""

    username: str
    name: str
    #: ``person`` or ``organisation``
    kind: str
    id_number: str
    phone: str
    #: contact person of an organisation
    agent: str | None = None

    def applicant(self, user_id: str) -> Applicant:
        """As the engine wants to know it."""
        return Applicant(self.name, self.id_number, self.phone, self.kind, user_id, self.agent)


def read_applicants(root: Path) -> Sequence[SampleApplicant]:
    """The sample applicants kept below ``root``; InvalidDefinition names a mistake with its line."""
    content = (root / APPLICANTS_FILE).read_bytes()
    reading = Reading(str(APPLICANTS_FILE), "demo")
    top = open_table(content, reading, frozenset({"people", "organisations"}))
    keys = frozenset({"username", "name", "id_number", "phone", "agent"})
    found = [
        SampleApplicant(
            row.text("username"),
            row.text("name"),
            kind,
            row.text("id_number"),
            row.text("phone"),
            row.text_or_none("agent"),
        )
        for part, kind in (("people", "person"), ("organisations", "organisation"))
        for row in top.tables(part, keys) or ()
    ]
    reading.refuse()
    return found


def plays(
    items: Sequence[ItemRow],
    applicants: Sequence[Applicant],
    calendar: WorkCalendar,
    now: datetime,
    *,
    cases: int,
    days: int,
    seed: int = 1,
) -> Iterator[Play]:
    """``cases`` cases handed in over the last ``days`` days, during office hours, about half of them still open."""
    random = Random(seed)  # noqa: S311 -- a rehearsal, not a secret
    local = now.astimezone(calendar.tz)
    open_days = [
        day for back in range(days, 0, -1) if calendar.is_workday(day := (local - timedelta(days=back)).date())
    ]
    persons = [applicant for applicant in applicants if applicant.kind == "person"]
    organisations = [applicant for applicant in applicants if applicant.kind == "organisation"]
    for number in range(cases):
        item = items[number % len(items)]
        acts = random.choice((None, None, None, 0, 1, 1, 2, 2, 3, 4))
        # what is still open came in lately, save for the few that somebody has let lie
        lately = acts is not None and random.random() < 0.9
        day = random.choice(open_days[-RECENT:] if lately else open_days)
        at = calendar.opens(day) + timedelta(minutes=random.randrange(5, 460))
        of_persons = not item.audience or PERSONS & set(item.audience)
        yield Play(
            item_key=item.key,
            applicant=random.choice(persons if of_persons else organisations),
            at=at,
            acts=acts,
            detours=random.choices([way for way, _ in DETOURS], [share for _, share in DETOURS])[0],
        )


def sample_pdf(text: str = "SAMPLE - Yichuang demonstration") -> bytes:
    """A one-page PDF that says ``text`` (ASCII), for the files that sample applicants hand in."""
    stream = f"BT /F1 20 Tf 72 760 Td ({text}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return (
        out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer % (len(objects) + 1, len(out))
    )
