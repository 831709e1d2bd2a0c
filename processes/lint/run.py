"""Running the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from engine import spiff
from engine.errors import InvalidDefinition
from processes import bundle
from processes.agencies import ROLES_FILE, Agencies, read_agencies
from processes.diagram import Diagram, read_diagram
from processes.lint.config import SEVERITIES
from processes.lint.registry import rules
from processes.lint.subject import Subject
from processes.package import Package, called_of, read_parts
from processes.problems import Problem, Severity, errors

_PLACED = re.compile(
    r"(?P<file>[^\s:]+):(?P<line>[0-9]+)(?: (?P<id>[A-Za-z_][A-Za-z0-9_.-]*))? (?P<message>.+)", re.DOTALL
)


def lint(target: Package | Path, agencies: Agencies | None = None) -> list[Problem]:
    """Everything wrong with a package, a package's folder, or a single ``.bpmn`` file; errors first, then by place.

    ``agencies`` tells which roles and organisations exist; for a folder it is read from the ``bpmn`` folder above by
    default.  The engine's own parser sees the diagrams only when the rules found no error: unlike the rules it can be
    made to loop.
    """
    if isinstance(target, Package):
        return lint_files(target.files, agencies)
    if not target.is_dir():
        return _sorted(_lint_diagram(target))
    return prove_folder(target, agencies)[1]


def prove_folder(folder: Path, agencies: Agencies | None = None) -> tuple[Package | None, list[Problem]]:
    """The package in a folder, None when it has an error, and everything :func:`lint` says of it.

    The files are read once, so that what was proved is what comes back.
    """
    folder = folder.resolve()
    root = folder.parent.parent
    if agencies is None and (root / ROLES_FILE).is_file():
        agencies, _ = read_agencies(root)
    files, problems = bundle.collect(folder)
    problems = _sorted([*problems, *lint_files(files, agencies, (folder.parent.name, folder.name))])
    return None if errors(problems) else Package.from_files(files), problems


def lint_files(
    files: Mapping[str, bytes], agencies: Agencies | None, folder: tuple[str, str] | None = None
) -> list[Problem]:
    """Everything wrong with a bundle's files, readable or not; like :func:`lint`."""
    parts, problems = read_parts(files)
    problems = [*bundle.check(files), *problems]
    main = _read(files.get(bundle.DIAGRAM), bundle.DIAGRAM, problems)
    called = {}
    for process_id, content in called_of(files).items():
        diagram = _read(content, f"called/{process_id}.bpmn", problems)
        if diagram:
            called[process_id] = diagram
    subject = Subject(files, main, called, parts.item, parts.forms, parts.notices, agencies, folder)
    problems += _apply(subject)
    return _sorted(problems if errors(problems) else problems + _engine(files))


def _lint_diagram(path: Path) -> list[Problem]:
    problems: list[Problem] = []
    try:
        with path.open("rb") as stream:
            content = stream.read(bundle.MAX_FILE + 1)
    except OSError:
        return [Problem("bundle", Severity.ERROR, "文件读不出来", path.name)]
    diagram = _read(content, path.name, problems)
    return problems + _apply(Subject({}, diagram, alone=True))


def _read(content: bytes | None, file: str, problems: list[Problem]) -> Diagram | None:
    if content is None:
        return None
    try:
        diagram = read_diagram(content, file)
    except InvalidDefinition as error:
        problems.append(_xml_problem(error, file))
        return None
    problems += diagram.problems
    return diagram


def _xml_problem(error: InvalidDefinition, file: str) -> Problem:
    line = (error.place or "").rpartition(":")[2]
    return Problem("xml", Severity.ERROR, error.message, file, int(line) if line.isdigit() else None)


def _apply(subject: Subject) -> list[Problem]:
    return [
        Problem(rule.name, SEVERITIES[rule.name], finding.message, finding.file, finding.line, finding.element)
        for rule in rules()
        for finding in rule.check(subject)
    ]


def _engine(files: Mapping[str, bytes]) -> list[Problem]:
    """What the engine refuses although no rule did."""
    try:
        spiff.parse(files[bundle.DIAGRAM], called_of(files))
    except InvalidDefinition as error:
        return [_engine_problem(text) for text in map(str, error.problems or (f"{error.place or ''} {error.message}",))]
    return []


def _engine_problem(text: str) -> Problem:
    """A problem of the engine, ``file:line id message``; it calls a called process's file ``<id>/process.bpmn``."""
    placed = _PLACED.match(text.strip())
    if placed is None:
        return Problem("engine", Severity.ERROR, text.strip(), bundle.DIAGRAM)
    folder, _, name = placed["file"].rpartition("/")
    file = f"called/{folder}.bpmn" if folder else name
    return Problem("engine", Severity.ERROR, placed["message"], file, int(placed["line"]), placed["id"])


def _sorted(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (not p.is_error, p.file, p.line or 0, p.rule, p.element or ""))
