"""What a clerk has filled in on a task, kept as typed until it can be carried out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request

from engine.commands import CompleteTask
from engine.elements import Outcome
from engine.views import Attachment
from processes.forms import FieldType
from webapp import slots, uploads
from webapp.forms import Bound, Facts, bind, collect
from webapp.inbox.workplace import Workplace
from webapp.services import services

LONGEST_OPINION = 2000
_FILES = (FieldType.FILE, FieldType.UPLOADS)


@dataclass(frozen=True, slots=True)
class Filling:
    """Outcome, opinion and form of one task, and what is wrong with them."""

    place: Workplace
    outcome: str | None = None
    opinion: str = ""
    #: the version of the task that the clerk had before him
    version: int | None = None
    #: mark of what was previewed; see :attr:`mark`
    previewed: str = ""
    bound: Bound | None = None
    #: what the page with the form's files shows
    desk: uploads.Desk = field(default_factory=uploads.Desk)
    #: question → message, for what is no field of the form; ``outcome`` and ``opinion`` among them
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def blank(cls, place: Workplace) -> Filling:
        """An untouched task; files uploaded earlier and not handed in yet are there again."""
        return cls._of(place, {})

    @classmethod
    def posted(cls, place: Workplace) -> Filling:
        """What the current request brought.  Its files are kept at once, so that no mistake elsewhere loses them."""
        files = _receive(place)
        raw = collect(place.form, request.form) if place.form else {}
        filling = cls._of(place, raw, files)
        return replace(
            filling,
            outcome=request.form.get("outcome") or None,
            opinion=request.form.get("opinion", "").replace("\r\n", "\n"),
            version=request.form.get("version", type=int),
            previewed=request.form.get("previewed", ""),
        )

    @classmethod
    def _of(cls, place: Workplace, raw: Mapping[str, Any], wrong: Mapping[str, list[str]] | None = None) -> Filling:
        if place.form is None:
            return cls(place, version=place.task.version)
        lying = _lying(place)
        facts = slots.facts(place.calendar.local_date(place.now), place.package.item, lying)
        raw = {**raw, **slots.answers(place.form, lying, facts.materials)}
        bound = bind(place.form, raw, facts)
        if request.method == "GET":
            bound = replace(bound, errors={})
        return cls(place, version=place.task.version, bound=bound, desk=_desk(place, facts, lying, wrong or {}))

    @property
    def chosen(self) -> Outcome | None:
        """The outcome chosen, None when none or an unknown one is."""
        return next((one for one in self.place.outcomes if one.code == self.outcome), None)

    @property
    def mark(self) -> str:
        """Changes with everything that could change what the applicant receives."""
        values = self.bound.raw if self.bound else {}
        text = json.dumps([self.outcome, self.opinion.strip(), values], ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def judged(self) -> Filling:
        """The same with everything found that is wrong, in the order of the page."""
        found: dict[str, str] = {}
        if self.place.outcomes and self.chosen is None:
            found["outcome"] = "请选择办理结果。"
        if self.chosen and self.chosen.opinion_required and not self.opinion.strip():
            found["opinion"] = f"办理结果为“{self.chosen.name}”时必须填写意见。"
        elif len(self.opinion) > LONGEST_OPINION:
            found["opinion"] = f"意见最多写 {LONGEST_OPINION} 个字，现在是 {len(self.opinion)} 个字。"
        return replace(self, problems=found)

    @property
    def errors(self) -> dict[str, str]:
        """Everything that is wrong, by question."""
        form = {key: messages[0] for key, messages in (self.bound.errors if self.bound else {}).items()}
        files = {key: messages[0] for key, messages in self.desk.errors.items()}
        return {**form, **files, **self.problems}

    def command(self) -> CompleteTask:
        """The command that carries it out."""
        return CompleteTask(
            actor=self.place.who,
            task_id=self.place.task.task_id,
            outcome=self.outcome,
            opinion=self.opinion.strip() or None,
            form=self.bound.values if self.bound else {},
            attachments=self._attachments(),
            version=self.version,
        )

    def _attachments(self) -> tuple[str, ...]:
        """Ids of the files that answer a question of the form."""
        if self.bound is None:
            return ()
        answers = [self.bound.values.get(q.key) or [] for q in self.bound.form.fields if q.type in _FILES]
        return tuple(id_ for answer in answers for id_ in ([answer] if isinstance(answer, str) else answer))


def _receive(place: Workplace) -> dict[str, list[str]]:
    """Keep the request's files and take away the one whose button was pressed."""
    if place.form is None:
        return {}
    if remove := request.form.get("remove"):
        services().files.remove(remove, place.who.user_id)
    return uploads.receive(
        request.files.items(multi=True),
        slots.of_step(place.package.item, place.form),
        place.who.user_id,
        place.uploads_key,
    )


def _lying(place: Workplace) -> list[Attachment]:
    """Files that this clerk uploaded for the task and that no case holds yet."""
    found = services().files.of_draft(place.uploads_key)
    return [file for file in found if file.uploaded_by == place.who.user_id]


def _desk(place: Workplace, facts: Facts, lying: list[Attachment], wrong: Mapping[str, list[str]]) -> uploads.Desk:
    materials = uploads.all_slots(place.package.item)
    return uploads.Desk(
        materials=materials,
        others=materials,
        files=uploads.by_field(lying),
        errors=wrong,
        today=facts.today.isoformat(),
    )
