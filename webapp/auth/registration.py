"""What a citizen or an enterprise fills in to get an account."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.views import User
from webapp import checks
from webapp.auth import passwords

_NAME = re.compile(r"[^\W\d_]([^\W_]|[·•()（）\-&. ])*")


@dataclass(frozen=True, slots=True)
class Registration:
    """The form as typed."""

    #: ``person`` or ``organisation``
    kind: str
    name: str = ""
    id_number: str = ""
    phone: str = ""
    password: str = field(default="", repr=False)
    again: str = field(default="", repr=False)

    @classmethod
    def blank(cls, kind: str | None) -> Registration:
        """An empty form."""
        return cls("organisation" if kind == "organisation" else "person")

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> Registration:
        """The form as posted."""
        return cls(
            kind=cls.blank(posted.get("as")).kind,
            name=" ".join(unicodedata.normalize("NFKC", posted.get("name", "")).split()),
            id_number=posted.get("id_number", "").strip(),
            phone=posted.get("phone", "").strip(),
            password=posted.get("password", ""),
            again=posted.get("again", ""),
        )

    @property
    def is_person(self) -> bool:
        return self.kind == "person"

    @property
    def name_field(self) -> str:
        """The question whose answer becomes the user name."""
        return "phone" if self.is_person else "id_number"

    def problems(self) -> dict[str, str]:
        """Question → what is wrong with the answer, in the order asked; empty when the account can be made."""
        who = "姓名" if self.is_person else "单位名称"
        number, check = ("身份证号", checks.cn_id) if self.is_person else ("统一社会信用代码", checks.credit_code)
        found = {
            "name": self._name_problem(who),
            "id_number": _checked(number, self.id_number, check),
            "phone": _checked("手机号", self.phone, checks.mobile),
            "password": self._password_problem(),
        }
        if not found["password"] and self.again != self.password:
            found["again"] = "两次填写的密码不一致。"
        return {key: message for key, message in found.items() if message}

    def account(self) -> User:
        """The account to store; only of a form without problems."""
        check = checks.cn_id if self.is_person else checks.credit_code
        number, phone = check(self.id_number), checks.mobile(self.phone)
        return User(
            user_id=uuid.uuid4().hex,
            username=phone if self.is_person else number,
            name=self.name,
            kind="citizen",
            password_hash=passwords.hash_password(self.password),
            org=None,
            groups=frozenset(),
            id_number=number,
            phone=phone,
            applicant_kind=self.kind,
        )

    def _name_problem(self, label: str) -> str | None:
        if not self.name:
            return f"请填写{label}。"
        if not 2 <= len(self.name) <= 100:
            return f"{label}应为 2 至 100 个字。"
        return None if _NAME.fullmatch(self.name) else f"{label}里有不能使用的字符。"

    def _password_problem(self) -> str | None:
        if not self.password:
            return "请填写密码。"
        particulars = (self.id_number, self.phone, checks.plain(self.phone))
        return next(iter(passwords.problems(self.password, particulars)), None)


def _checked(label: str, text: str, check: Callable[[str], str]) -> str | None:
    if not text:
        return f"请填写{label}。"
    try:
        check(text)
    except ValueError as error:
        return f"{label}{error}。"
    return None
