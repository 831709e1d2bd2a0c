"""A package: everything one version of an item's procedure is made of, read and proved to be readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from engine import spiff
from engine.errors import InvalidDefinition
from engine.records import Definition
from processes import bundle
from processes.forms import Form, read_form
from processes.item import Item, read_item
from processes.notices import Notice, read_notice
from processes.problems import Problem, refuse

T = TypeVar("T")


@dataclass(frozen=True)
class Package:
    """One version of an item's procedure: guide, diagrams, forms, notices."""

    #: SHA-256 of the files, 64 hex digits
    definition_id: str
    #: path → content, flat as :mod:`processes.bundle` describes
    files: Mapping[str, bytes]
    item: Item
    #: by ref
    forms: Mapping[str, Form]
    #: by template name
    notices: Mapping[str, Notice]

    @property
    def key(self) -> str:
        """The item's key, which is the definition's too."""
        return self.item.key

    @property
    def diagram(self) -> bytes:
        """The BPMN file of the procedure."""
        return self.files[bundle.DIAGRAM]

    @property
    def called(self) -> Mapping[str, bytes]:
        """BPMN files of the called processes, by process id."""
        return called_of(self.files)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Package:
        """The package made of ``files``; InvalidDefinition with every problem found when they cannot be read."""
        return cls._of(files, [])

    @classmethod
    def _of(cls, files: Mapping[str, bytes], problems: list[Problem]) -> Package:
        parts, mistakes = read_parts(files)
        refuse([*problems, *bundle.check(files), *mistakes])
        assert parts.item is not None
        frozen = MappingProxyType(dict(files))
        return cls(bundle.definition_id(files), frozen, parts.item, parts.forms, parts.notices)

    def compile(self, version: int) -> Definition:
        """What the engine runs, as version number ``version``; InvalidDefinition when the diagrams cannot be run."""
        return Definition(
            id=self.definition_id,
            version=version,
            item=self.item.facts(),
            process=spiff.parse(self.diagram, self.called),
            routes={ref: form.routes for ref, form in self.forms.items()},
            notices={name: (notice.title, notice.word) for name, notice in self.notices.items()},
        )


def read_package(folder: Path, shared: Path | None = None) -> Package:
    """The package in ``folder``, what it calls taken from ``shared`` (by default the ``_shared`` beside its agency).

    Raises :class:`engine.errors.InvalidDefinition` with every problem found.
    """
    return Package._of(*bundle.collect(folder, shared))


@dataclass(frozen=True, slots=True)
class Parts:
    """What could be read of a bundle's YAML and HTML files."""

    item: Item | None
    forms: Mapping[str, Form]
    notices: Mapping[str, Notice]


def read_parts(files: Mapping[str, bytes]) -> tuple[Parts, list[Problem]]:
    """Guide, forms and notices of a bundle; those that cannot be read are left out and their mistakes told."""
    problems: list[Problem] = []
    item = _attempt(read_item, files[bundle.ITEM], bundle.ITEM, problems) if bundle.ITEM in files else None
    forms, notices = {}, {}
    for name, content in sorted(files.items()):
        if name.startswith("forms/"):
            form = _attempt(read_form, content, name, problems)
            if form:
                forms[form.ref] = form
        elif name.startswith("notices/"):
            notice = _attempt(read_notice, content, name, problems)
            if notice:
                notices[notice.template] = notice
    return Parts(item, MappingProxyType(forms), MappingProxyType(notices)), problems


def called_of(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Called processes among ``files``, by process id."""
    start, end = "called/", ".bpmn"
    return {n.removeprefix(start).removesuffix(end): files[n] for n in sorted(files) if n.startswith(start)}


def _attempt(read: Callable[[bytes, str], T], content: bytes, name: str, problems: list[Problem]) -> T | None:
    try:
        return read(content, name)
    except InvalidDefinition as error:
        problems.extend(error.problems)
        return None
