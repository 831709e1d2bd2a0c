"""Which places for files an application or a step has, what lies in them, and what is still missing.

One judge for citizens' pages, clerks' pages and the REST interface.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from engine.views import Attachment
from processes.forms import Field, FieldType, Form
from processes.item import Item
from webapp.inputs import Facts
from webapp.uploads import USUAL, USUAL_MB, Slot, all_slots, slots_of


def questions(fields: Iterable[Field]) -> list[Slot]:
    """A place for each file question."""
    return [
        Slot(q.key, q.label, q.accept or USUAL, q.max_mb or USUAL_MB, q.required)
        for q in fields
        if q.type is FieldType.FILE
    ]


def of_application(item: Item, form: Form | None) -> list[Slot]:
    """Places of an application: the materials handed in online, and the form's file questions."""
    return [*slots_of(item), *questions(form.fields if form else ())]


def of_step(item: Item, form: Form | None) -> list[Slot]:
    """Places of a step: the form's file questions, and every material where the form takes materials in."""
    fields = form.fields if form else ()
    takes_materials = any(q.type is FieldType.UPLOADS for q in fields)
    return [*questions(fields), *(all_slots(item) if takes_materials else [])]


def missing(slots: Iterable[Slot], handed_in: Collection[str]) -> dict[str, list[str]]:
    """Messages for the places that must not stay empty and are not among those ``handed_in``, by place."""
    return {slot.id: [f"请上传{slot.name}"] for slot in slots if slot.required and slot.id not in handed_in}


def facts(today: date, item: Item, files: Iterable[Attachment]) -> Facts:
    """What a form is judged against: the day, the item's materials, the files lying there."""
    materials = {material.id: material.name for material in item.materials or ()}
    return Facts(today=today, materials=materials, uploads={file.attachment_id: file.field for file in files})


def answers(form: Form, files: Sequence[Attachment], materials: Collection[str]) -> Mapping[str, Any]:
    """The values of the form's file questions: what lies there, whatever was typed."""
    values: dict[str, Any] = {}
    for question in form.fields:
        if question.type is FieldType.UPLOADS:
            values[question.key] = [file.attachment_id for file in files if file.field in materials]
        elif question.type is FieldType.FILE:
            values[question.key] = next((file.attachment_id for file in files if file.field == question.key), "")
    return values
