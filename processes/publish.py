"""From a ``bpmn`` folder into the store: every package proved, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.errors import InvalidDefinition
from engine.records import Organisation
from engine.views import DefinitionStore, ItemRow, PublishedPackage, VersionRow
from processes import bundle
from processes.agencies import ROLES_FILE, Agencies, read_agencies
from processes.lint import lint, prove_folder
from processes.package import Package
from processes.problems import Problem, Severity, errors, refuse, within


@dataclass(frozen=True, slots=True)
class Found:
    """What one pass over the folders brought to light."""

    #: packages without an error, by folder
    packages: Mapping[str, Package]
    #: every problem of each folder looked at; of the agencies under ``.``
    problems: Mapping[str, Sequence[Problem]]
    #: the organisations that the packages' agencies consist of, by code
    organisations: Mapping[str, Organisation]

    @property
    def errors(self) -> list[Problem]:
        """All errors, their files named from the root."""
        return errors(p for folder, found in self.problems.items() for p in within(found, folder))


def read_all(root: Path) -> tuple[list[Package], list[Problem]]:
    """The packages without an error below a ``bpmn`` folder (or an agency's, or an item's), and every problem found."""
    found = prove([root])
    every = [p for folder, problems in found.problems.items() for p in within(problems, folder)]
    return list(found.packages.values()), every


def prove(paths: Iterable[Path]) -> Found:
    """Lint every package at or below ``paths``."""
    packages: dict[str, Package] = {}
    problems: dict[str, Sequence[Problem]] = {}
    known: dict[Path, Agencies] = {}
    for folder in _folders(paths, problems):
        root = _root(folder)
        name = folder.relative_to(root).as_posix()
        if root not in known:
            known[root], found = read_agencies(root)
            problems["."] = [*problems.get(".", ()), *found]
        package, problems[name] = prove_folder(folder, known[root])
        if package:
            packages[name] = package
    organisations = {code: one for agencies in known.values() for code, one in agencies.organisations.items()}
    return Found(packages, _with_clashes(packages, problems), organisations)


def publish(
    paths: Path | Iterable[Path], store: DefinitionStore, *, by: str, note: str, at: datetime
) -> Sequence[VersionRow]:
    """Publish every package at or below ``paths``; one that is in force with the same content is left as it is.

    Raises :class:`engine.errors.InvalidDefinition` with every problem, nothing stored, when a package has an error or
    there is none.
    """
    found = proved([paths] if isinstance(paths, Path) else paths)
    return publish_found(found, store, by=by, note=note, at=at)


def proved(paths: Iterable[Path]) -> Found:
    """What is at or below ``paths``, all of it fit to be published; InvalidDefinition with every problem otherwise."""
    found = prove(paths)
    refuse(found.errors)
    if not found.packages:
        raise InvalidDefinition("没有找到要发布的流程包：文件夹里应有 item.yaml 和 process.bpmn。")
    return found


def publish_found(found: Found, store: DefinitionStore, *, by: str, note: str, at: datetime) -> Sequence[VersionRow]:
    """Publish what :func:`proved` gave."""
    return store.publish([_published(p, at) for p in found.packages.values()], by=by, note=note, at=at)


def publish_package(
    package: Package, store: DefinitionStore, agencies: Agencies, *, by: str, note: str, at: datetime
) -> VersionRow:
    """Publish a package that came out of no folder; InvalidDefinition with every problem if it has an error."""
    refuse(lint(package, agencies))
    return store.publish([_published(package, at)], by=by, note=note, at=at)[0]


def _published(package: Package, at: datetime) -> PublishedPackage:
    item = package.item
    row = ItemRow(
        key=item.key,
        code=item.codes.implementation,
        name=item.name,
        agency=item.agency,
        owner_org=item.owner,
        item_type=item.type,
        kind=item.kind,
        promised=item.promised.words if item.promised else None,
        statutory=item.statutory.words if item.statutory else None,
        audience=item.audience or (),
        definition_id=package.definition_id,
        version=0,
        published_at=at,
    )
    return PublishedPackage(package.definition_id, package.files, row)


def _folders(paths: Iterable[Path], problems: dict[str, Sequence[Problem]]) -> list[Path]:
    """Folders of packages at or below ``paths``: those that hold an ``item.yaml`` or a ``process.bpmn``."""
    found: dict[Path, None] = {}
    for path in paths:
        here = path.resolve()
        candidates = [here, *here.glob("*"), *here.glob("*/*")] if here.is_dir() else []
        folders = [c for c in sorted(candidates) if _is_package(c)]
        if not folders:
            problems[path.name] = [Problem("bundle", Severity.ERROR, "这里没有流程包", path.name)]
        found.update(dict.fromkeys(folders))
    return list(found)


def _is_package(folder: Path) -> bool:
    hidden = any(part.startswith(("_", ".")) for part in folder.parts[-2:])
    return not hidden and any((folder / name).is_file() for name in (bundle.ITEM, bundle.DIAGRAM))


def _root(folder: Path) -> Path:
    """The ``bpmn`` folder: two above the package, where the roles are."""
    root = folder.parent.parent
    return root if (root / ROLES_FILE).is_file() else folder.parent


def _with_clashes(
    packages: Mapping[str, Package], problems: dict[str, Sequence[Problem]]
) -> Mapping[str, Sequence[Problem]]:
    """Add an error where two folders hold the same key."""
    first: dict[str, str] = {}
    for name, package in packages.items():
        other = first.setdefault(package.key, name)
        if other != name:
            clash = Problem("item-identity", Severity.ERROR, f"key“{package.key}”与 {other} 重复", bundle.ITEM)
            problems[name] = [*problems[name], clash]
    return problems
