# ruff: noqa: E501
"""Whatever bytes come in, the readers answer with a result or with InvalidDefinition, and the linter with problems."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from small_packages import AGENCIES, sound_files

from engine.errors import InvalidDefinition
from processes.agencies import read_agency, read_roles
from processes.forms import read_form
from processes.item import read_item
from processes.lint import lint_files
from processes.notices import read_notice
from processes.package import Package

FILES = sound_files()
#: what tends to upset parsers
PIECES = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"&a", b"*a", b"<<: *a", b"!!python/none", b"---\n", b"...\n", b"%YAML 9\n", b"? ",
    b"{", b"}", b"[", b"]", b": ", b"- ", b"'", b'"', b"|\n", b"\t", b"\n", b"null", b"true", b"2026-99-99", b"1e999", b"0x1F",
    b"-1", b"99999999999999999999", b"{{", b"}}", b"{%", b"%}", b"{#", b"<p", b"</p>", b"<![CDATA[", b"<!--", b"&lt;", b"&x;",
    b"<?x ?>", b"<!DOCTYPE x>", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b'id="review"', b'id=""', b'sourceRef="decide"',
    b'targetRef="apply"', b'attachedToRef="review"', b'calledElement="shared_supplement"', b"<bpmn:subProcess>",
    b"<bpmn:parallelGateway/>", b"<yc:limit/>", b'default="x"', b" or apply.area", b"apply.", b"len(", b"(" * 300, b"[" * 300,
]  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """``content`` with a few pieces put in, taken out, doubled or swapped."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at, length = chance.randrange(len(data) + 1), chance.choice((1, 1, 2, 5, 20, 100))
        action = chance.randrange(5)
        if action == 0:
            data[at:at] = chance.choice(PIECES)
        elif action == 1:
            del data[at : at + length]
        elif action == 2:
            data[at:at] = data[at : at + length]
        elif action == 3:
            data[at : at + 1] = bytes([chance.randrange(256)])
        else:
            other = chance.randrange(len(data) + 1)
            data[at : at + length] = data[other : other + length]
    return bytes(data)


READERS: list[tuple[Callable[[bytes], Any], bytes]] = [
    (lambda content: read_form(content, "forms/apply.yaml"), FILES["forms/apply.yaml"]),
    (lambda content: read_item(content), FILES["item.yaml"]),
    (lambda content: read_notice(content, "notices/x.html"), FILES["notices/decision_refused.html"]),
    (
        lambda content: read_agency(content),
        b"organisations:\n  - {code: a, name: x, parent: null, level: town, region: '1'}",
    ),
    (lambda content: read_roles(content), "window: 窗口\nagent: 代办".encode()),
]


@pytest.mark.parametrize(("read", "content"), READERS, ids=["form", "item", "notice", "agency", "roles"])
def test_spoiled_text_is_refused_or_read(read: Callable[[bytes], Any], content: bytes) -> None:
    chance = random.Random(2)
    refusals = []
    for _ in range(1000):
        try:
            read(mutated(content, chance))
        except InvalidDefinition as error:
            refusals.append(error)
    assert len(refusals) > 300
    assert all(error.problems for error in refusals)


@pytest.mark.parametrize("name", ["process.bpmn", "called/shared_supplement.bpmn"])
def test_spoiled_diagrams_are_refused_or_run(name: str) -> None:
    chance = random.Random(3)
    for _ in range(400):
        files = {**FILES, name: mutated(FILES[name], chance)}
        if not any(p.is_error for p in lint_files(files, AGENCIES)):
            Package.from_files(files).compile(1)


def shuffled(text: bytes, chance: random.Random) -> bytes:
    """A diagram with well-formed XML whose references point anywhere."""
    lines = text.split(b"\n")
    ids = [line.split(b'id="')[1].split(b'"')[0] for line in lines if b'id="' in line]
    for _ in range(chance.choice((1, 2, 4))):
        at = chance.randrange(1, len(lines) - 2)
        for key in (b"sourceRef", b"targetRef", b"attachedToRef", b"default", b"notSameAs", b"calledElement"):
            mark = key + b'="'
            if mark in lines[at] and chance.random() < 0.7:
                head, _, rest = lines[at].partition(mark)
                lines[at] = head + mark + chance.choice(ids) + rest[rest.index(b'"') :]
        if chance.random() < 0.2:
            del lines[at]
    return b"\n".join(lines)


def test_diagrams_wired_at_random_are_refused_or_run() -> None:
    chance = random.Random(4)
    for _ in range(400):
        files = {**FILES, "process.bpmn": shuffled(FILES["process.bpmn"], chance)}
        if not any(p.is_error for p in lint_files(files, AGENCIES)):
            Package.from_files(files).compile(1)
