"""Words of the REST interface's own checks: every refusal in Chinese, every field that is unknown named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma
from flask_smorest.fields import Upload
from marshmallow import fields as f
from marshmallow import validate as v
from werkzeug.datastructures import FileStorage

#: largest JSON body, in bytes, unless a schema says otherwise
MOST_BYTES = 1024 * 1024

_WORDS: Mapping[type[f.Field[Any]], Mapping[str, str]] = {
    f.Field: {"required": "缺少这一项", "null": "不能为空", "validator_failed": "内容不正确"},
    f.String: {"invalid": "应是文字", "invalid_utf8": "应是文字"},
    f.Integer: {"invalid": "应是整数", "too_large": "数字太大"},
    f.List: {"invalid": "应是一个列表"},
    f.Mapping: {"invalid": "应是一个对象"},
    Upload: {"required": "没有选择文件"},
    f.Nested: {"type": "应是一个对象"},
}


class Input(ma.Schema):
    """What a request brings: unknown fields are refused and named."""

    class Meta:
        unknown = ma.RAISE

    most_bytes = MOST_BYTES
    error_messages = {"unknown": "没有这个字段", "type": "应是一个对象"}  # noqa: RUF012 -- marshmallow's own attribute

    def on_bind_field(self, field_name: str, field_obj: f.Field[Any]) -> None:
        """marshmallow's hook for each field of the schema."""
        for one in _with_inner(field_obj):
            for cls in reversed(type(one).__mro__):
                one.error_messages = {**one.error_messages, **_WORDS.get(cls, {})}


def _with_inner(field: Any) -> Iterator[f.Field[Any]]:
    yield field
    for name in ("inner", "key_field", "value_field"):
        if (inner := getattr(field, name, None)) is not None:
            yield from _with_inner(inner)


class FilePart(Upload):
    """A file of an upload."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise ma.ValidationError("应是一个文件")
        return value


def length(least: int, most: int) -> v.Length:
    """A text of so many characters."""
    words = f"应为 {least} 至 {most} 个字" if least else f"最多 {most} 个字"
    return v.Length(least or None, most, error=words)


def one_of(*codes: str) -> v.OneOf:
    """One of a few codes."""
    return v.OneOf(codes, error="应为 {choices} 之一")


def optional_text(**kwargs: Any) -> f.String:
    """A text that may be left out or null."""
    return f.String(load_default=None, allow_none=True, **kwargs)
