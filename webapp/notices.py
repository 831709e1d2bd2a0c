"""Notices as pages: the item's template in a sandbox, within the platform's frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from engine.errors import ProcessFault, UnknownNotice
from engine.records import NoticeRecord
from processes.notices import FACTS, Notice
from processes.package import Package

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A notice ready to be shown or printed."""

    title: str
    number: str
    addressee: str
    agency: str
    #: day of issue, as written on the document
    issued_on: str
    body: Markup
    record: NoticeRecord


def paper(record: NoticeRecord, package: Package) -> Paper:
    """The notice as its version of the item words it, with the facts fixed at issue.

    Raises UnknownNotice when the version has no such template, ProcessFault when the template cannot be filled in.
    """
    notice = package.notices.get(record.template)
    if notice is None:
        raise UnknownNotice(place=record.template)
    facts = dict.fromkeys(FACTS) | dict(record.facts)
    return Paper(
        title=notice.title,
        number=record.number,
        addressee=str(facts["applicant"] or ""),
        agency=str(facts["agency"] or ""),
        issued_on=str(facts["issued_on"] or ""),
        body=_body(notice, facts),
        record=record,
    )


def _body(notice: Notice, facts: dict[str, Any]) -> Markup:
    try:
        return Markup(_compiled(notice.body).render(facts))  # noqa: S704 - autoescaped; tags are checked on publishing
    except (TemplateError, TypeError, ArithmeticError) as error:
        raise ProcessFault(f"文书“{notice.title}”的模板不能填写：{error}", place=notice.template) from error


@lru_cache(maxsize=512)
def _compiled(body: str) -> Template:
    return _ENVIRONMENT.from_string(body)
