"""Who there is: the organisations that a deployment brings along, and the first administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.errors import InvalidValue
from engine.records import Organisation, group_of
from engine.views import Accounts, User
from processes.agencies import USERNAME
from webapp.auth.passwords import hash_password
from webapp.auth.passwords import problems as password_problems

#: where the people who run the platform belong
PLATFORM = Organisation("platform", "平台管理", None, "county", "000000")


def make_known(organisations: Mapping[str, Organisation], accounts: Accounts) -> None:
    """Store organisations, or what changed of them."""
    known = {organisation.code: organisation for organisation in accounts.organisations()}
    for organisation in parents_first(organisations):
        if known.get(organisation.code) != organisation:
            accounts.add_organisation(organisation)


def parents_first(organisations: Mapping[str, Organisation]) -> Sequence[Organisation]:
    """Every organisation after the one above it."""

    def depth(organisation: Organisation) -> int:
        above = organisations.get(organisation.parent or "")
        return 0 if above is None else 1 + depth(above)

    return sorted(organisations.values(), key=depth)


def new_administrator(username: str, name: str, password: str) -> User:
    """An account that runs the platform; InvalidValue says what is wrong with user name, name or password."""
    if not USERNAME.fullmatch(username):
        raise InvalidValue(
            "账号应以小写字母开头，2 至 40 位，只含小写字母、数字、点、下划线和连字符。", place="username"
        )
    if not name.strip() or len(name) > 60:
        raise InvalidValue("姓名应为 1 至 60 个字。", place="name")
    wrong = password_problems(password, (username, name))
    if wrong:
        raise InvalidValue("；".join(wrong))
    groups = frozenset(group_of(PLATFORM.code, role) for role in ("admin", "analyst"))
    return User(username, username, name, "staff", hash_password(password), PLATFORM.code, groups)
