"""Which values of a form enter engine data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from engine.records import Definition


def routed(definition: Definition, form_ref: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that the form marks ``route: true``, as JSON has them; everything else stays outside."""
    keys = definition.routes.get(form_ref, frozenset()) if form_ref else frozenset()
    return {key: _plain(values[key]) for key in sorted(keys) if key in values}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
