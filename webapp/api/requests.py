"""How a request is read; what cannot be, or is not as the interface describes it, becomes an error of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

import flask_smorest
import marshmallow as ma
import orjson
from flask import Request
from webargs.core import is_json, missing
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from engine.errors import InvalidForm
from webapp.api.fields import MOST_BYTES
from webapp.errors import Malformed


class Parser(FlaskParser):
    """Reads JSON, query strings and uploads; raises :mod:`engine.errors`."""

    # what the schema does not know is refused wherever it stands
    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar[dict[str, str | None]] = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": None,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """The body; ``missing`` when there is none.  Malformed names line and column of what is no JSON."""
        if req.mimetype and not is_json(req.mimetype):
            raise UnsupportedMediaType
        body = _body(req, getattr(schema, "most_bytes", MOST_BYTES))
        if not body:
            return missing
        if not req.mimetype:
            raise UnsupportedMediaType
        try:
            # unlike the standard library: no NaN, no lone surrogates, a bounded depth
            return orjson.loads(body)
        except json.JSONDecodeError as error:
            place = f"第 {error.lineno} 行第 {error.colno} 列"
            raise Malformed(f"请求体不是正确的 JSON（{place}）。", place=place) from None

    def load_form(self, req: Request, schema: ma.Schema) -> Any:
        """The parts of an upload, texts and files."""
        if req.mimetype != "multipart/form-data":
            raise UnsupportedMediaType
        return self._makeproxy(CombinedMultiDict([req.form, req.files]), schema)

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """InvalidForm with the path of every field that is wrong."""
        by_location: Any = error.messages
        found = {key: text for messages in by_location.values() for key, text in _flat(messages)}
        raise InvalidForm(found, "请求里有内容需要改正。") from None


def _body(req: Request, most: int) -> bytes:
    """At most ``most`` bytes of body."""
    most = min(most, req.max_content_length or most)
    # a request without a length is cut off while it is read
    req.max_content_length = most
    if (req.content_length or 0) > most:
        raise RequestEntityTooLarge
    return req.get_data(cache=True)


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """marshmallow's nested messages as ``applicant.phone`` → messages."""
    if not isinstance(messages, Mapping):
        yield path or "body", [str(message) for message in messages]
        return
    for key, inner in messages.items():
        step = "" if key in ("_schema", "key", "value") else str(key)
        yield from _flat(inner, ".".join(part for part in (path, step) if part))


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's, reading requests with :class:`Parser`."""

    ARGUMENTS_PARSER = Parser()
