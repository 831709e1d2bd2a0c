"""The files of a package: which there may be, where they are found, and the hash they are known by.

A bundle is flat: what an item calls is copied into it, so that a published version needs nothing else.

======================  ==================================================
``item.yaml``           the service guide
``process.bpmn``        the procedure
``called/<id>.bpmn``    called processes, under their BPMN id
``forms/<ref>.yaml``    forms of all of them
``notices/<t>.html``    notices of all of them, and the shared ones in use
======================  ==================================================
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lxml import etree

from engine.errors import InvalidDefinition
from engine.extensions import BPMN, YC, read_xml
from processes.problems import Problem, Severity

ITEM = "item.yaml"
DIAGRAM = "process.bpmn"
MAX_FILE = 2 * 1024 * 1024
MAX_TOTAL = 16 * 1024 * 1024
MAX_FILES = 200

_STEM = r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}"
_OWN = re.compile(rf"item\.yaml|process\.bpmn|forms/{_STEM}\.yaml|notices/{_STEM}\.html")
_ANY = re.compile(rf"{_OWN.pattern}|called/[A-Za-z_][A-Za-z0-9_.-]{{0,79}}\.bpmn")

Files = dict[str, bytes]


def definition_id(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the sorted paths and contents, 64 hex digits: the version's identity."""
    digest = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def check(files: Mapping[str, bytes]) -> list[Problem]:
    """What is wrong with the names and sizes of a bundle's files."""
    found = [_problem(path, "流程包里不能有这种文件") for path in sorted(files) if not _ANY.fullmatch(path)]
    found += [_problem(path, "文件过大") for path, content in sorted(files.items()) if len(content) > MAX_FILE]
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_TOTAL:
        found.append(_problem(ITEM, f"流程包过大：最多{MAX_FILES}个文件、{MAX_TOTAL // 1024 // 1024}MB"))
    found += [_problem(path, "缺少这个文件") for path in (ITEM, DIAGRAM) if path not in files]
    return found


def strangers(names: Iterable[str]) -> list[str]:
    """Names that the folder of a package cannot have; ``README.md`` may lie there and is not looked at."""
    return [name for name in sorted(names) if name != "README.md" and not _OWN.fullmatch(name)]


def collect(folder: Path, shared: Path | None = None) -> tuple[Files, list[Problem]]:
    """The bundle of the package in ``folder``, with what it calls out of ``shared``.

    ``shared`` is the ``_shared`` folder; by default the one beside the agency's.  A called process that is not there is
    left out: the linter names the place that calls it.
    """
    if shared is None:
        shared = folder.parent.parent / "_shared"
    files, problems = _read_folder(folder)
    _add_called(files, shared, problems)
    _add_shared_notices(files, shared / "notices", problems)
    return files, problems


def _read_folder(folder: Path) -> tuple[Files, list[Problem]]:
    files: Files = {}
    problems: list[Problem] = []
    if folder.is_symlink() or not folder.is_dir():
        return files, [_problem(folder.name, "没有这个文件夹")]
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix().encode(errors="replace").decode()
        if len(files) + len(problems) > MAX_FILES:
            problems.append(_problem(name, f"流程包最多{MAX_FILES}个文件"))
            break
        if path.is_symlink():
            problems.append(_problem(name, "流程包里不能有符号链接"))
        elif path.suffix != ".md":
            _take(path, name, files, problems)
    return files, problems


def _walk(folder: Path) -> Iterator[Path]:
    """Files and symbolic links below ``folder``, in order; links are not followed, hidden files are left out."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _take(path: Path, name: str, files: Files, problems: list[Problem]) -> None:
    if not _OWN.fullmatch(name):
        problems.append(_problem(name, "流程包里不能有这种文件"))
        return
    try:
        if not path.is_file():
            problems.append(_problem(name, "不是文件"))
            return
        if path.stat().st_size > MAX_FILE:
            problems.append(_problem(name, f"文件超过{MAX_FILE // 1024 // 1024}MB"))
            return
        files[name] = path.read_bytes()
    except OSError:
        problems.append(_problem(name, "文件读不出来"))


def _add_called(files: Files, shared: Path, problems: list[Problem]) -> None:
    """Add called processes, theirs too, with their forms and notices; the item's own files take precedence."""
    folders = _called_folders(shared)
    own = set(files)
    left = called_ids(files.get(DIAGRAM, b""))
    while left:
        process_id = left.pop()
        target = f"called/{process_id}.bpmn"
        if process_id not in folders or target in files:
            continue
        inner, found = _read_folder(folders[process_id])
        problems += [_problem(f"_shared/{folders[process_id].name}/{p.file}", p.message) for p in found]
        files[target] = inner.pop(DIAGRAM, b"")
        left |= called_ids(files[target])
        for name, content in inner.items():
            if name != ITEM and name not in own and files.setdefault(name, content) != content:
                problems.append(_problem(name, f"调用的子流程里有两个不同的“{name}”"))


def _called_folders(shared: Path) -> dict[str, Path]:
    if not shared.is_dir():
        return {}
    folders = (path for path in sorted(shared.iterdir()) if path.is_dir() and path.name != "notices")
    return {f"shared_{path.name.replace('-', '_')}": path for path in folders}


def _add_shared_notices(files: Files, folder: Path, problems: list[Problem]) -> None:
    """Add the shared notices in use.  Others stay out: a new one must not make a new version of every item."""
    used = {name for path, content in files.items() if path.endswith(".bpmn") for name in notice_refs(content)}
    for template in sorted(used):
        name = f"notices/{template}.html"
        path = folder / f"{template}.html"
        if name not in files and _OWN.fullmatch(name) and path.is_file() and not path.is_symlink():
            _take(path, name, files, problems)


def called_ids(diagram: bytes) -> set[str]:
    """Ids of the processes that a diagram calls; none when it cannot be read."""
    return {
        id
        for node in _elements(diagram, f"{{{BPMN}}}callActivity")
        if (id := node.get("calledElement", "").strip()) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,79}", id)
    }


def notice_refs(diagram: bytes) -> set[str]:
    """Templates that a diagram issues or sends; none when it cannot be read."""
    tags = (f"{{{YC}}}notice", f"{{{YC}}}notify")
    return {name for node in _elements(diagram, *tags) if (name := node.get("template", ""))}


def _elements(diagram: bytes, *tags: str) -> Iterable[etree._Element]:
    try:
        root = read_xml(diagram, DIAGRAM).getroot()
    except InvalidDefinition:
        return ()
    return root.iter(*tags)


def _problem(path: str, message: str) -> Problem:
    return Problem("bundle", Severity.ERROR, message, path)
