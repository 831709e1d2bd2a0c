"""Accounts: ending sessions, and the list of staff."""

from __future__ import annotations

import pytest

from engine.errors import UnknownUser
from engine.records import Organisation
from engine.views import User
from storage.accounts import Accounts
from storage.database import Database
from storage.directory import Directory

OFFICE = Organisation("450721-spj", "灵山县行政审批局", None, "county", "450721", "灵审")


def account(name: str, kind: str = "staff", *groups: str) -> User:
    return User(name, name, name, kind, "hash", OFFICE.code if kind == "staff" else None, frozenset(groups))


@pytest.fixture
def accounts(database: Database) -> Accounts:
    made = Accounts(database, Directory(database))
    made.add_organisation(OFFICE)
    return made


def test_ending_the_sessions_of_one_account_leaves_the_others_alone(accounts: Accounts) -> None:
    accounts.add(account("wei"))
    accounts.add(account("lu"))
    accounts.end_sessions("wei")
    epochs = [accounts.by_id(name).session_epoch for name in ("wei", "lu")]  # type: ignore[union-attr]
    assert epochs == [2, 1]


def test_the_sessions_of_nobody_cannot_be_ended(accounts: Accounts) -> None:
    with pytest.raises(UnknownUser):
        accounts.end_sessions("nobody")


def test_the_staff_list_has_every_group_of_everybody_and_no_citizen(accounts: Accounts) -> None:
    accounts.add(account("wei", "staff", "450721-spj:window", "450721-spj:reviewer"))
    accounts.add(account("lu"))
    accounts.add(account("13877700001", "citizen"))
    staff = accounts.staff()
    assert [one.username for one in staff] == ["lu", "wei"]
    assert staff[1].groups == {"450721-spj:window", "450721-spj:reviewer"}
    assert staff[0].groups == frozenset()
