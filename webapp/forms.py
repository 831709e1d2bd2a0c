"""From a form as the analyst drew it up to checked values: the same for citizens' pages, clerks' pages and the API.

``collect`` takes what a browser posted, ``bind`` judges it.  What comes out is JSON-able: text, numbers (``int`` or
``float``), dates as ISO text, lists of option values, ``True``, ids of attachments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any

from flask import Flask
from marshmallow import RAISE, Schema, ValidationError
from werkzeug.datastructures import MultiDict

from engine.errors import InvalidForm
from processes.forms import Field, FieldType, Form
from webapp.inputs import INPUTS, Facts, blank

#: form fields are posted under this prefix, so that no key can collide with the page's own controls
PREFIX = "f."

_LISTS = frozenset({FieldType.CHECKBOXES, FieldType.MATERIALS, FieldType.UPLOADS})


@dataclass(frozen=True, slots=True)
class Bound:
    """A form with what was filled in."""

    form: Form
    #: checked values of the fields that are right, by key
    values: Mapping[str, Any]
    #: messages of the fields that are wrong, by key
    errors: Mapping[str, list[str]]
    #: as typed
    raw: Mapping[str, Any] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)

    @property
    def ok(self) -> bool:
        return not self.errors

    def checked(self) -> Mapping[str, Any]:
        """The values; InvalidForm when something is wrong."""
        if self.errors:
            raise InvalidForm(self.errors)
        return self.values


class FormSchema(Schema):
    """Base of the schemas made of forms; ``facts`` is set on each instance."""

    class Meta:
        unknown = RAISE

    facts: Facts


@lru_cache(maxsize=512)
def schema_of(form: Form) -> type[FormSchema]:
    """The marshmallow schema of a form."""
    return type("FormSchema", (FormSchema,), {f.key: INPUTS[f.type](f) for f in form.fields})


def shown_fields(form: Form, raw: Mapping[str, Any]) -> list[Field]:
    """The fields that are asked beside what is filled in; a field that hangs on a hidden one is hidden too."""
    known: dict[str, Any] = {}
    shown = []
    for f in form.fields:
        if f.show_if and not f.show_if.holds(known):
            continue
        shown.append(f)
        if not blank(raw.get(f.key)):
            known[f.key] = raw[f.key]
    return shown


def collect(form: Form, posted: MultiDict[str, str]) -> dict[str, Any]:
    """What a browser posted for ``form``, as typed; a control it did not send counts as empty.

    Names below the prefix that the form does not have are kept, for :func:`bind` to refuse.
    """
    raw: dict[str, Any] = {}
    for f in form.fields:
        name = PREFIX + f.key
        if f.type is FieldType.CHECKBOX:
            raw[f.key] = name in posted
        elif f.type in _LISTS:
            raw[f.key] = posted.getlist(name)
        else:
            raw[f.key] = posted.get(name, "")
    strangers = {name.removeprefix(PREFIX): value for name, value in posted.items() if name.startswith(PREFIX)}
    return {**strangers, **raw}


def bind(
    form: Form, raw: Mapping[str, Any], facts: Facts | None = None, *, only: Collection[str] | None = None
) -> Bound:
    """Judge ``raw`` (as typed, or as JSON) by ``form``.

    Fields that are not asked beside the others are left out unheard; keys the form does not have are refused.  ``only``
    restricts the messages to these keys, for a form that is filled in over several pages.
    """
    facts = facts or Facts()
    shown = {f.key for f in shown_fields(form, raw)}
    hidden = {f.key for f in form.fields} - shown
    given = {key: value for key, value in raw.items() if key not in hidden and not blank(value)}
    schema = schema_of(form)()
    schema.facts = facts
    for key in hidden:
        schema.fields[key].required = False
    try:
        values, errors = schema.load(given), {}
    except ValidationError as error:
        values, errors = error.valid_data or {}, dict(error.normalized_messages())
    if only is not None:
        errors = {key: messages for key, messages in errors.items() if key in only}
    return Bound(form, values, _in_order(form, errors), raw, facts)


def _in_order(form: Form, errors: Mapping[str, Any]) -> dict[str, list[str]]:
    """Messages in the order of the questions; keys that are no question of the form come last."""
    strangers = sorted(errors.keys() - {f.key for f in form.fields})
    known = {f.key: [str(message) for message in errors[f.key]] for f in form.fields if f.key in errors}
    return known | {key: [f"表单里没有“{key}”这一项"] for key in strangers}


def question_blocks(fields: Collection[Field]) -> list[list[Field]]:
    """Fields as they are laid out: neighbours of a review table together, every other one alone."""
    return [
        list(group) for _, group in groupby(fields, key=lambda f: "review" if f.type is FieldType.REVIEW else f.key)
    ]


def init_app(app: Flask) -> None:
    app.jinja_env.filters["question_blocks"] = question_blocks
