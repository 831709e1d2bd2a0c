"""Publishing and the catalog, over a store that lives in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from small_packages import AGENCIES, MAIN, drawn, replaced, sound_files, write

from engine.errors import InvalidDefinition, UnknownDefinition, UnknownItem
from engine.views import PublishedPackage, VersionRow
from processes.catalog import Catalog
from processes.package import Package
from processes.publish import publish, publish_package, read_all

AT = datetime(2026, 9, 1, tzinfo=UTC)


class MemoryStore:
    """engine.views.DefinitionStore in dictionaries."""

    def __init__(self) -> None:
        self.packages: dict[str, tuple[PublishedPackage, int]] = {}
        self.in_force: dict[str, str] = {}
        self.reads = 0

    def files(self, definition_id: str) -> Mapping[str, bytes] | None:
        self.reads += 1
        found = self.packages.get(definition_id)
        return found[0].files if found else None

    def current(self, key: str) -> str | None:
        return self.in_force.get(key)

    def version(self, definition_id: str) -> tuple[str, int] | None:
        found = self.packages.get(definition_id)
        return (found[0].row.key, found[1]) if found else None

    def publish(
        self, packages: Sequence[PublishedPackage], *, by: str, note: str, at: datetime
    ) -> Sequence[VersionRow]:
        rows = []
        for package in packages:
            number = self.packages.get(package.definition_id, (package, len(self.packages) + 1))[1]
            self.packages[package.definition_id] = (package, number)
            self.in_force[package.row.key] = package.definition_id
            rows.append(
                VersionRow(package.row.key, number, package.definition_id, package.row.name, at, by, note, True, 0)
            )
        return rows


def put(root: Path, store: MemoryStore) -> Sequence[VersionRow]:
    return publish(root, store, by="li", note="首次发布", at=AT)


def test_publishes_what_is_below_a_folder(tmp_path: Path) -> None:
    store = MemoryStore()
    (row,) = put(write(tmp_path), store)
    assert (row.key, row.version, row.published_by) == ("town-shop-permit", 1, "li")
    stored, _ = store.packages[row.definition_id]
    assert dict(stored.files) == sound_files()
    assert (stored.row.promised, stored.row.statutory, stored.row.kind) == ("4个工作日", "20个工作日", "承诺件")
    assert (stored.row.code, stored.row.audience, stored.row.owner_org) == ("11450721", ("自然人",), "450721-spj")


@pytest.mark.parametrize("below", ["", "town", "town/shop-permit"])
def test_takes_the_root_an_agency_or_one_item(tmp_path: Path, below: str) -> None:
    packages, problems = read_all(write(tmp_path) / below)
    assert ([p.key for p in packages], problems) == (["town-shop-permit"], [])


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    root = write(tmp_path)
    assert put(root, store) == put(root, store)
    assert len(store.packages) == 1


def test_one_error_keeps_everything_out(tmp_path: Path) -> None:
    store = MemoryStore()
    root = write(tmp_path)
    bad = root / "town" / "bad-item"
    bad.mkdir()
    (bad / "item.yaml").write_bytes(sound_files()["item.yaml"])
    with pytest.raises(InvalidDefinition) as caught:
        put(root, store)
    assert {p.file for p in caught.value.problems} == {"town/bad-item/item.yaml", "town/bad-item/process.bpmn"}
    assert store.packages == {}
    packages, problems = read_all(root)
    assert [p.key for p in packages] == ["town-shop-permit"]
    assert any(p.file == "town/bad-item/item.yaml" and "town-bad-item" in p.message for p in problems)


def test_warnings_do_not_keep_a_package_out(tmp_path: Path) -> None:
    root = write(tmp_path)
    path = root / "town" / "shop-permit" / "process.bpmn"
    path.write_bytes(drawn(replaced(MAIN, (' notSameAs="accept"', ""))))
    assert [p.rule for p in read_all(root)[1]] == ["accept-decide-separation"]
    assert put(root, MemoryStore())


def test_a_mistake_in_the_agency_keeps_everything_out(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / "town" / "agency.yaml").write_text("organisations: 5")
    with pytest.raises(InvalidDefinition) as caught:
        put(root, MemoryStore())
    assert any(p.file == "town/agency.yaml" for p in caught.value.problems)


def test_a_folder_without_packages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match="没有流程包"):
        put(tmp_path, MemoryStore())
    with pytest.raises(InvalidDefinition, match="没有流程包"):
        put(tmp_path / "nowhere", MemoryStore())


def test_one_package_can_be_published_without_a_folder() -> None:
    store = MemoryStore()
    row = publish_package(Package.from_files(sound_files()), store, AGENCIES, by="li", note="", at=AT)
    assert store.current("town-shop-permit") == row.definition_id
    bad = {**sound_files(), "process.bpmn": drawn(replaced(MAIN, (' default="to_refused"', "")))}
    with pytest.raises(InvalidDefinition, match="缺省流"):
        publish_package(Package.from_files(bad), store, AGENCIES, by="li", note="", at=AT)
    assert len(store.packages) == 1


def test_the_catalog_reads_a_version_once(tmp_path: Path) -> None:
    store = MemoryStore()
    (row,) = put(write(tmp_path), store)
    catalog = Catalog(store)
    definition = catalog.current("town-shop-permit")
    assert (definition.id, definition.version) == (row.definition_id, 1)
    assert catalog.get(row.definition_id) is definition
    assert catalog.packages.get(row.definition_id).item.name == "小店许可"
    assert store.reads == 1


def test_the_catalog_forgets_what_was_not_used_for_long(tmp_path: Path) -> None:
    store = MemoryStore()
    root = write(tmp_path)
    (first,) = put(root, store)
    path = root / "town" / "shop-permit" / "forms" / "apply.yaml"
    path.write_bytes(path.read_bytes() + b"# again\n")
    (second,) = put(root, store)
    catalog = Catalog(store, size=1)
    for row in (first, second, first):
        assert catalog.get(row.definition_id).version == row.version
    assert store.reads == 3


def test_the_catalog_says_what_it_does_not_have() -> None:
    catalog = Catalog(MemoryStore())
    with pytest.raises(UnknownItem):
        catalog.current("no-such")
    for get in (catalog.get, catalog.packages.get):
        with pytest.raises(UnknownDefinition):
            get("0" * 64)


def test_many_threads_may_ask_at_once(tmp_path: Path) -> None:
    store = MemoryStore()
    (row,) = put(write(tmp_path), store)
    catalog, found = Catalog(store), []
    threads = [Thread(target=lambda: found.append(catalog.get(row.definition_id).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [row.definition_id] * 8
