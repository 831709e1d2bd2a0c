"""engine.audit: every way to tamper with a history shows."""

from dataclasses import replace
from datetime import UTC, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit import Head, canonical, entry_hash, link, verify
from engine.records import HistoryEntry
from tests.unit.engine.fakes import at

WHEN = at("2026-09-18 11:05")


def chain(count=4, **fields):
    head, entries = Head(), []
    for i in range(count):
        entry = HistoryEntry(
            "450721-260914-0017", 0, WHEN, "task_opened", "u1", "陈窗", "org", "n", "t", {"i": i, **fields}, "", ""
        )
        entries.append(link(head, entry))
        head = Head(entries[-1].seq, entries[-1].hash)
    return entries, head


def test_the_hash_is_what_the_document_says():
    (first, second, *_), _ = chain()
    content = canonical(
        {
            "case_no": first.case_no,
            "seq": 2,
            "at": "2026-09-18T03:05:00.000000+00:00",
            "kind": "task_opened",
            "actor_id": "u1",
            "actor_name": "陈窗",
            "org": "org",
            "node_id": "n",
            "task_id": "t",
            "facts": {"i": 1},
        }
    )
    assert second.hash == sha256(b"\x00" + bytes.fromhex(first.hash) + content).hexdigest()


def test_canonical_json_sorts_keys_at_every_depth():
    assert canonical({"b": {"d": 1, "c": "一"}, "a": None}) == '{"a":null,"b":{"c":"一","d":1}}'.encode()


def test_a_history_as_written_holds():
    entries, head = chain()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert verify(entries, head) == ()
    assert verify([], Head()) == ()


def test_another_time_zone_and_key_order_are_the_same_entry():
    entries, head = chain(z=1, a=2)
    read_back = [replace(e, at=e.at.astimezone(UTC), facts=dict(reversed(e.facts.items()))) for e in entries]
    assert verify(read_back, head) == ()


CHANGES = {
    "at": WHEN + timedelta(microseconds=1),
    "kind": "task_completed",
    "actor_id": "u2",
    "actor_name": "x",
    "org": None,
    "node_id": None,
    "task_id": None,
    "facts": {"i": 7},
    "case_no": "450721-260914-0018",
    "hash": "0" * 64,
    "prev_hash": "0" * 64,
    "seq": 9,
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("index", range(4))
def test_a_changed_entry_shows(index, field):
    entries, head = chain()
    entries[index] = replace(entries[index], **{field: CHANGES[field]})
    assert verify(entries, head)


@pytest.mark.parametrize("index", range(4))
def test_a_missing_entry_shows(index):
    entries, head = chain()
    del entries[index]
    assert verify(entries, head)


def test_entries_cut_off_at_the_end_show_only_against_the_head():
    entries, head = chain()
    assert verify(entries[:-1]) == ()
    assert [one.seq for one in verify(entries[:-1], head)] == [4]


def test_an_entry_rehashed_by_an_insider_breaks_the_next():
    entries, head = chain()
    forged = replace(entries[1], actor_name="x")
    entries[1] = replace(forged, hash=entry_hash(forged))
    assert [one.seq for one in verify(entries, head)] == [3]


def test_a_hash_that_is_no_hash_is_a_break_not_a_crash():
    entries, head = chain()
    entries[2] = replace(entries[2], prev_hash="宁")
    assert [one.seq for one in verify(entries, head)] == [3, 3]


@given(st.permutations(range(4)))
def test_entries_in_another_order_show(order):
    entries, head = chain()
    assert bool(verify([entries[i] for i in order], head)) == (list(order) != [0, 1, 2, 3])
