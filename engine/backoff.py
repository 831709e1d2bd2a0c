"""How long to wait before trying again what has failed."""

from __future__ import annotations

from datetime import timedelta

#: the delay after the first failure; it doubles with each further one, up to the longest
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=6)


def delay_after(attempt: int) -> timedelta:
    """How long to wait after attempt number ``attempt`` (1, 2, 3 …) has failed."""
    return min(FIRST_DELAY * (1 << min(attempt - 1, 30)), LONGEST_DELAY)
