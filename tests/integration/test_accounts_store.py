"""Accounts, tokens and the organisation tree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from storage_samples import DAY, GROUP, NOW, OWNER

from engine.errors import InvalidValue, UnknownUser
from engine.records import Organisation
from engine.views import User
from storage import directory as directory_module
from storage.accounts import Accounts
from storage.database import Database
from storage.directory import Directory

COUNTY = Organisation("450721", "灵山县", None, "county", "450721")
OFFICE = Organisation(OWNER, "灵山县行政审批局", "450721", "section", "450721", "灵审")
STAFF = User("u-wei", "wei", "韦晓兰", "staff", "$argon2id$x", OWNER, frozenset({GROUP, f"{OWNER}:window"}))
CITIZEN = User(
    "u-guihe",
    "guihe",
    "广西桂合食品有限公司",
    "citizen",
    "$argon2id$y",
    None,
    frozenset(),
    id_number="91450721MA5KXXXX0K",
    phone="13907770001",
    applicant_kind="organisation",
)


@pytest.fixture
def directory(database: Database) -> Directory:
    return Directory(database)


@pytest.fixture
def accounts(database: Database, directory: Directory) -> Accounts:
    accounts = Accounts(database, directory)
    for organisation in (COUNTY, OFFICE):
        accounts.add_organisation(organisation)
    for user in (STAFF, CITIZEN):
        accounts.add(user)
    return accounts


def test_account_comes_back_as_it_was_stored(accounts: Accounts) -> None:
    assert accounts.by_username("wei") == accounts.by_id("u-wei") == STAFF
    assert accounts.by_username("guihe") == accounts.by_id("u-guihe") == CITIZEN
    assert accounts.by_username("WEI") is accounts.by_username("") is accounts.by_id("wei") is None


def test_user_names_are_taken_once(accounts: Accounts) -> None:
    with pytest.raises(InvalidValue, match="wei"):
        accounts.add(replace(STAFF, user_id="u-other"))
    assert accounts.by_id("u-other") is None
    assert accounts.by_username("wei") == STAFF


def test_staff_belong_to_an_organisation_that_exists(accounts: Accounts) -> None:
    with pytest.raises(InvalidValue, match="450700-fgw"):
        accounts.add(replace(STAFF, user_id="u-shi", username="shi", org="450700-fgw"))


def test_failed_logins_lock_and_a_success_opens(accounts: Accounts) -> None:
    accounts.login_failed("u-wei", 5, NOW + DAY)
    assert accounts.by_id("u-wei") == replace(STAFF, failed_logins=5, locked_until=NOW + DAY)
    accounts.login_succeeded("u-wei", NOW)
    assert accounts.by_id("u-wei") == STAFF
    accounts.login_succeeded("u-wei", NOW, "$argon2id$new")
    assert accounts.by_id("u-wei") == replace(STAFF, password_hash="$argon2id$new")
    for act in (lambda: accounts.login_failed("u-x", 1, None), lambda: accounts.login_succeeded("u-x", NOW)):
        with pytest.raises(UnknownUser):
            act()


def test_a_new_password_ends_sessions(accounts: Accounts) -> None:
    accounts.login_failed("u-wei", 5, NOW + DAY)
    accounts.set_password("u-wei", "$argon2id$new")
    assert accounts.by_id("u-wei") == replace(STAFF, password_hash="$argon2id$new", session_epoch=2)
    assert accounts.by_id("u-guihe") == CITIZEN
    with pytest.raises(UnknownUser):
        accounts.set_password("u-x", "$argon2id$new")


def test_tokens_stand_for_active_accounts(accounts: Accounts) -> None:
    accounts.add(replace(STAFF, user_id="u-left", username="left", active=False, groups=frozenset()))
    accounts.add_token("u-wei", "a" * 64, "接口", NOW)
    accounts.add_token("u-left", "b" * 64, "接口", NOW)
    assert accounts.by_token("a" * 64) == STAFF
    assert accounts.by_token("b" * 64) is None
    assert accounts.by_token("c" * 64) is None
    with pytest.raises(UnknownUser):
        accounts.add_token("u-x", "d" * 64, "接口", NOW)


def test_hostile_keys_find_nothing_or_are_refused(accounts: Accounts) -> None:
    for key in ("\x00", "\ud800", "' OR 1=1 --", "a" * 100_000):
        try:
            assert accounts.by_username(key) is None
        except InvalidValue:
            continue


def test_changes_to_the_tree_are_seen_at_once(accounts: Accounts, directory: Directory) -> None:
    assert directory.organisation(OWNER) == OFFICE
    renamed = replace(OFFICE, name="灵山县行政审批和政务信息管理局")
    accounts.add_organisation(renamed)
    assert directory.organisation(OWNER) == renamed
    assert directory.organisation("none") is None
    village = Organisation("450721-v", "檀圩村", "450721", "village", "450721")
    accounts.add_organisation(village)
    assert directory.organisation("450721-v") == village
    assert accounts.organisations() == [COUNTY, renamed, village]
    with pytest.raises(InvalidValue, match="none"):
        accounts.add_organisation(replace(village, parent="none"))
    assert directory.organisation("450721-v") == village


def test_changes_made_elsewhere_are_seen_soon(accounts: Accounts, directory: Directory, database: Database) -> None:
    seconds = [0.0]
    here, elsewhere = Directory(database, timer=lambda: seconds[0]), Directory(database)
    new = Organisation("450721-new", "灵城街道", "450721", "town", "450721")
    assert here.organisation("450721-new") is None
    elsewhere.put(new)
    assert here.organisation("450721-new") == new
    elsewhere.put(replace(new, name="灵城街道办事处"))
    seconds[0] = directory_module.MAX_AGE
    assert here.organisation("450721-new").name == "灵城街道办事处"
