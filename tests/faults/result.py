"""What a run of one fault came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """Counts of what happened, and everything that must not have happened, in words."""

    fault: str
    counts: Mapping[str, int]
    wrong: Sequence[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {number}" for name, number in self.counts.items())
        return "\n".join([f"{self.fault}: {counts}; wrong: {len(self.wrong)}", *(f"  {one}" for one in self.wrong)])
