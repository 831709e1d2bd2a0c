"""Numbers that carry a check character: citizen identity number, unified social credit code; and mobile numbers.

Every check takes the text as typed and gives back its normal form, or raises ValueError with a message that says
how to put it right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def plain(text: str) -> str:
    """Full-width letters and digits made half-width, blanks removed, upper case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def cn_id(text: str) -> str:
    """A citizen identity number (GB 11643—1999): 18 characters, a date of birth that exists, check character."""
    number = plain(text)
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        raise ValueError("应为 18 位，前 17 位是数字，最后一位是数字或 X")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueError("中的出生日期（第 7 至 14 位）不存在，请对照身份证核对") from None
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    if _ID_CHECKS[total % 11] != number[17]:
        raise ValueError("的校验码不对，请对照身份证逐位核对")
    return number


def credit_code(text: str) -> str:
    """A unified social credit code (GB 32100—2015): 18 characters without I O S V Z, check character."""
    code = plain(text)
    if len(code) != 18 or any(char not in _CREDIT_ALPHABET for char in code):
        raise ValueError("应为 18 位数字或大写字母，不含 I、O、S、V、Z")
    total = sum(_CREDIT_ALPHABET.index(char) * weight for char, weight in zip(code, _CREDIT_WEIGHTS, strict=False))
    if _CREDIT_ALPHABET[-total % 31] != code[17]:
        raise ValueError("的校验码不对，请对照营业执照或登记证书逐位核对")
    return code


def mobile(text: str) -> str:
    """A mobile number of the mainland: 11 digits that begin with 1, with or without +86."""
    number = re.sub(r"[-—－]", "", plain(text)).removeprefix("+86")
    if not re.fullmatch(r"1[3-9]\d{9}", number, re.ASCII):
        raise ValueError("应为 11 位手机号码，以 1 开头")
    return number


CHECKS: Mapping[str, Callable[[str], str]] = {"cn_id": cn_id, "credit_code": credit_code, "mobile": mobile}
