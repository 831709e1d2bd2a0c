"""One marshmallow field for each type of question, with messages that name the question and say how to put it right."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError, fields

from processes.forms import Field, FieldType
from webapp.checks import CHECKS

#: where a question sets no bound of its own
LONGEST = {FieldType.TEXT: 200, FieldType.TEXTAREA: 5000}
#: more digits than a float keeps exactly
MOST_DIGITS = 15

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a form's questions are judged against, beside the form itself."""

    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    #: materials of the item: id → name
    materials: Mapping[str, str] = field(default_factory=dict)
    #: ids of the files that the asker has uploaded for this form → the field or material each is for
    uploads: Mapping[str, str] = field(default_factory=dict)


def blank(value: Any) -> bool:
    """True for what counts as not filled in: nothing, blanks, an empty list, an unticked box."""
    return value is None or value is False or (isinstance(value, str) and not value.strip()) or value in ([], ())


class Input(fields.Field[Any]):
    """Base: a required question left blank is asked for by name."""

    #: 请填写 / 请选择 / …
    ask = "请填写"

    def __init__(self, question: Field) -> None:
        missing = f"{self.ask}{question.label}"
        super().__init__(required=question.required, error_messages={"required": missing, "null": missing})
        self.question = question

    def facts(self) -> Facts:
        facts: Facts = self.root.facts  # type: ignore[union-attr]
        return facts

    def wrong(self, how: str) -> ValidationError:
        """The question's label followed by what is wrong with the answer."""
        return ValidationError(f"{self.question.label}{how}")


class TextInput(Input):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise self.wrong("应为文字")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if _CONTROL.search(text):
            raise self.wrong("里有不能保存的控制字符，请删除后重新填写")
        if self.question.type is FieldType.TEXT and "\n" in text:
            raise self.wrong("只能写一行")
        self._measure(text)
        text = self._checked(text)
        if not self.question.matches(text):
            raise (
                self.wrong("的格式不正确")
                if not self.question.pattern_message
                else ValidationError(self.question.pattern_message)
            )
        return text

    def _measure(self, text: str) -> None:
        least = self.question.min_length or 0
        most = self.question.max_length or LONGEST[self.question.type]
        if len(text) < least:
            raise self.wrong(f"至少要写 {least} 个字，现在是 {len(text)} 个字")
        if len(text) > most:
            raise self.wrong(f"最多写 {most} 个字，现在是 {len(text)} 个字")

    def _checked(self, text: str) -> str:
        if not self.question.check:
            return text
        try:
            return CHECKS[self.question.check](text)
        except ValueError as error:
            raise self.wrong(str(error)) from None


class NumberInput(Input):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int | float:
        number = self._parsed(value)
        whole = number == number.to_integral_value()
        if self.question.type is FieldType.INTEGER and not whole:
            raise self.wrong("要填整数，例如 3")
        self._measure(number)
        return int(number) if whole else float(number)

    def _parsed(self, value: Any) -> Decimal:
        typed = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not typed and not isinstance(value, str):
            raise self.wrong("要填数字")
        text = re.sub(r"\s|(?<=\d),(?=\d{3}(?:\D|$))", "", unicodedata.normalize("NFKC", str(value)))
        example = "例如 3" if self.question.type is FieldType.INTEGER else "例如 620 或 620.5"
        if not typed and not re.fullmatch(r"[-+]?\d+(\.\d+)?", text, re.ASCII):
            raise self.wrong(f"要填数字，{example}")
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise self.wrong(f"要填数字，{example}") from None
        if len(number.as_tuple().digits) > MOST_DIGITS or number.adjusted() > MOST_DIGITS:
            raise self.wrong(f"的数字太长，最多 {MOST_DIGITS} 位")
        return number

    def _measure(self, number: Decimal) -> None:
        unit = f" {self.question.unit}" if self.question.unit else ""
        low, high, places = self.question.min, self.question.max, self.question.places
        if isinstance(low, Decimal) and number < low:
            raise self.wrong(f"不能小于 {low:f}{unit}")
        if isinstance(high, Decimal) and number > high:
            raise self.wrong(f"不能大于 {high:f}{unit}")
        exponent = number.normalize().as_tuple().exponent
        if places is not None and isinstance(exponent, int) and -exponent > places:
            raise self.wrong(f"最多 {places} 位小数" if places else "要填整数")


class DateInput(Input):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
        match = _DATE.fullmatch(text)
        if not match:
            raise self.wrong("要填日期，例如 2026-03-08")
        try:
            day = date(*(int(part) for part in match.groups() if part))
        except ValueError:
            raise self.wrong(f"“{text}”这一天不存在，请核对年月日") from None
        low, high = self._bound(self.question.min), self._bound(self.question.max)
        if low and day < low:
            raise self.wrong(f"不能早于{self._words(self.question.min, low)}")
        if high and day > high:
            raise self.wrong(f"不能晚于{self._words(self.question.max, high)}")
        return day.isoformat()

    def _bound(self, bound: Any) -> date | None:
        return self.facts().today if bound == "today" else bound

    @staticmethod
    def _words(bound: Any, day: date) -> str:
        return "今天" if bound == "today" else f" {day.year}年{day.month}月{day.day}日"


class ChoiceInput(Input):
    ask = "请选择"

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or self.question.option(value) is None:
            raise self.wrong("只能从列出的选项中选择")
        return value


class ReviewInput(Input):
    ask = "请选择是否符合："

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if value not in ("ok", "not_ok"):
            raise self.wrong("只能选择符合或不符合")
        return str(value)


class TickInput(Input):
    ask = "请勾选："

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value is not True:
            raise self.wrong("只能勾选或不勾选")
        return True


class ListInput(Input):
    """Several values out of a known set, in the set's order."""

    ask = "请至少选择一项："

    def allowed(self) -> list[str]:
        return [option.value for option in self.question.options]

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str]:
        allowed = self.allowed()
        if not isinstance(value, (list, tuple)) or any(given not in allowed for given in value):
            raise self.wrong("只能从列出的选项中选择")
        return [known for known in allowed if known in value]


class MaterialsInput(ListInput):
    def allowed(self) -> list[str]:
        return list(self.facts().materials)


class UploadsInput(ListInput):
    ask = "请上传："

    def allowed(self) -> list[str]:
        materials = self.facts().materials
        return [id for id, meant_for in self.facts().uploads.items() if meant_for in materials]


class FileInput(Input):
    ask = "请上传"

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or self.facts().uploads.get(value) != self.question.key:
            raise self.wrong("没有上传成功，请重新选择文件")
        return value


INPUTS: Mapping[FieldType, type[Input]] = {
    FieldType.TEXT: TextInput,
    FieldType.TEXTAREA: TextInput,
    FieldType.DECIMAL: NumberInput,
    FieldType.INTEGER: NumberInput,
    FieldType.DATE: DateInput,
    FieldType.RADIO: ChoiceInput,
    FieldType.SELECT: ChoiceInput,
    FieldType.CHECKBOXES: ListInput,
    FieldType.CHECKBOX: TickInput,
    FieldType.REVIEW: ReviewInput,
    FieldType.MATERIALS: MaterialsInput,
    FieldType.UPLOADS: UploadsInput,
    FieldType.FILE: FileInput,
}
