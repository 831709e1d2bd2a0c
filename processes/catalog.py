"""Published packages, parsed and cached by content hash."""

from __future__ import annotations

from typing import Any, Protocol


class Packages(Protocol):
    """Port: the parsed package of a published version (guide, forms, diagram, notices)."""

    def get(self, definition_id: str) -> Any: ...
