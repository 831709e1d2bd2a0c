"""The moddle description and engine.extensions agree: every sentence the one can form, the other takes or refuses."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import processes
from engine.errors import InvalidDefinition
from engine.extensions import ACTIVITIES, BPMN, EVENTS, GATEWAYS, YC, read_extensions, read_xml

MODDLE: dict[str, Any] = json.loads((Path(processes.__file__).parent / "yc.moddle.json").read_text("utf-8"))
ENUMS = {e["name"]: [v["name"] for v in e["literalValues"]] for e in MODDLE["enumerations"]}
TYPES = {t["name"]: t for t in MODDLE["types"]}
#: a value for each free attribute, and the attributes that must stand there
SAMPLES = {
    "value": "5", "warn": "0.5", "basis": "第八条", "role": "window", "org": "owner", "sameAs": "a b", "notSameAs": "c",
    "ref": "apply", "code": "pass", "template": "acceptance", "name": "通过",
}  # fmt: skip
NEEDED = {
    "Limit": {"value"}, "Stage": {"name"}, "Milestone": {"name"}, "Assign": {"role"}, "Form": {"ref"},
    "Outcome": {"code", "name"}, "Notice": {"template"}, "Notify": {"to", "template"}, "Clock": set(),
}  # fmt: skip
NODES = sorted(ACTIVITIES | EVENTS | GATEWAYS)


def values(prop: dict[str, Any]) -> list[str]:
    return ENUMS.get(prop["type"]) or [SAMPLES[prop["name"]]]


def read(kind: str, name: str, attributes: dict[str, str]) -> None:
    event = "message" if name in ("Assign", "Form") else "timer"
    timer = f"<bpmn:{event}EventDefinition/>" if kind in ("intermediateCatchEvent", "boundaryEvent") else ""
    said = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    xml = (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:yc="{YC}"><bpmn:{kind} id="n"><bpmn:extensionElements>'
        f"<yc:{name.lower()} {said}/></bpmn:extensionElements>{timer}</bpmn:{kind}></bpmn:definitions>"
    )
    read_extensions(read_xml(xml.encode(), "process.bpmn").getroot()[0])


def least(name: str) -> dict[str, str]:
    return {p["name"]: values(p)[0] for p in TYPES[name]["properties"] if p["name"] in NEEDED[name]}


def test_they_share_the_namespace() -> None:
    assert MODDLE["uri"] == YC
    assert MODDLE["prefix"] == "yc"


@pytest.mark.parametrize("name", TYPES)
def test_every_value_of_every_attribute_is_taken(name: str) -> None:
    host = TYPES[name]["meta"]["allowedIn"][0].partition(":")[2]
    kind = host[0].lower() + host[1:]
    for prop in TYPES[name]["properties"]:
        for value in values(prop):
            said = least(name) | {prop["name"]: value}
            if prop["name"] == "result":
                said["name"] = "decided"
            read(kind, name, said)


@pytest.mark.parametrize("name", TYPES)
def test_needed_attributes_are_needed_and_others_unknown(name: str) -> None:
    host = TYPES[name]["meta"]["allowedIn"][0].partition(":")[2]
    kind = host[0].lower() + host[1:]
    read(kind, name, least(name))
    for key in NEEDED[name]:
        said = least(name)
        del said[key]
        if not (name == "Limit" and key != "value"):
            with pytest.raises(InvalidDefinition):
                read(kind, name, said)
    with pytest.raises(InvalidDefinition):
        read(kind, name, least(name) | {"unheard": "x"})


@pytest.mark.parametrize(("name", "kind"), list(itertools.product(TYPES, NODES)))
def test_both_know_where_a_word_may_stand(name: str, kind: str) -> None:
    allowed = f"bpmn:{kind[0].upper()}{kind[1:]}" in TYPES[name]["meta"]["allowedIn"]
    if allowed:
        read(kind, name, least(name))
    else:
        with pytest.raises(InvalidDefinition):
            read(kind, name, least(name))


def test_the_engine_knows_no_word_that_the_description_lacks() -> None:
    from engine import extensions

    known = set(extensions._VOCABULARY)
    assert known == {name.lower() for name in TYPES}
    for name, type_ in TYPES.items():
        assert extensions._VOCABULARY[name.lower()].attributes == {p["name"] for p in type_["properties"]}
