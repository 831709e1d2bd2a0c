"""Passwords: how they are kept and which ones are accepted.

Kept as Argon2id with the parameters of RFC 9106 (second recommended option, argon2-cffi's default); a hash made with
older parameters is renewed at the next sign-in.  Accepted by the rules of OWASP ASVS 5.0, 6.2: length over composition,
nothing common, nothing that contains the account's own particulars.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
#: Argon2 takes any length; the cap keeps a hostile client from making the server hash megabytes
MAX_LENGTH = 128

#: particulars shorter than this are too common to forbid inside a password
_SHORTEST_PARTICULAR = 4

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """True when ``password`` belongs to ``stored``.

    ``stored`` is None for a name nobody has: the same work is then done on a hash of no account, so that the time taken
    does not tell whether the name exists.
    """
    if len(password) > MAX_LENGTH:
        return False
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def problems(password: str, particulars: Iterable[str | None] = ()) -> list[str]:
    """Why this password is not accepted, in Chinese; empty when it is.

    ``particulars`` are what others know of the account: user name, phone, identity number.
    """
    if len(password) < MIN_LENGTH:
        return [f"密码至少要有 {MIN_LENGTH} 个字符。"]
    if len(password) > MAX_LENGTH:
        return [f"密码最多 {MAX_LENGTH} 个字符。"]
    low = password.lower()
    if any(p and len(p) >= _SHORTEST_PARTICULAR and p.lower() in low for p in particulars):
        return ["密码里不能含有您的用户名、手机号或证件号码。"]
    if low in _common() or _is_run(low):
        return ["这个密码太常见，容易被猜到，请换一个。"]
    return []


def _is_run(text: str) -> bool:
    """True for one repeated character and for neighbours in a row: aaaaaaaa, 12345678, hgfedcba."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    text = files(__package__).joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.split() if len(line) >= MIN_LENGTH)
