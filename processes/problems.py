"""What is wrong with a definition, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from engine.errors import InvalidDefinition


class Severity(StrEnum):
    """An error keeps a definition from being published, a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, said to the analyst in Chinese."""

    #: name of the rule that found it, such as ``form`` or ``unknown-role``
    rule: str
    severity: Severity
    message: str
    #: path within the package, such as ``forms/apply.yaml``
    file: str
    #: 1-based; None when the mistake is in no line (a missing file)
    line: int | None = None
    #: BPMN id, or path of the key such as ``sections[0].fields[2].min``
    element: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        element = f"（{self.element}）" if self.element else ""
        return f"{place}{element} {self.message}"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that keep a definition from being published."""
    return [p for p in problems if p.is_error]


def within(problems: Iterable[Problem], folder: str) -> list[Problem]:
    """The problems with their files named from above ``folder``."""
    return [p if folder == "." else replace(p, file=f"{folder}/{p.file}") for p in problems]


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InvalidDefinition, its message and place the first error's, when there is an error among ``problems``."""
    found = errors(problems)
    if not found:
        return
    first = found[0]
    more = f"（另有{len(found) - 1}处）" if len(found) > 1 else ""
    place = f"{first.file}:{first.line}" if first.line else first.file
    raise InvalidDefinition(f"{first}{more}", problems=tuple(found), place=place)
