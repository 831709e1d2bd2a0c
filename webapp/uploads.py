"""Uploaded files: is each what it claims to be, and whom is it for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import PurePosixPath

import puremagic
from werkzeug.datastructures import FileStorage

from engine.errors import InvalidFile
from engine.views import Attachment
from processes.item import Item
from webapp.config import MEGABYTE, web_config
from webapp.services import services

#: ending → (media type, what puremagic may call the content)
KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    ".pdf": ("application/pdf", frozenset({".pdf"})),
    ".jpg": ("image/jpeg", frozenset({".jpg", ".jpeg", ".jfif", ".jpe"})),
    ".jpeg": ("image/jpeg", frozenset({".jpg", ".jpeg", ".jfif", ".jpe"})),
    ".png": ("image/png", frozenset({".png"})),
    ".doc": ("application/msword", frozenset({".doc"})),
    ".xls": ("application/vnd.ms-excel", frozenset({".xls"})),
    ".docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        frozenset({".docx"}),
    ),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", frozenset({".xlsx"})),
    ".ofd": ("application/ofd", frozenset({".ofd", ".zip"})),
    ".zip": ("application/zip", frozenset({".zip"})),
}
#: where neither form nor item says what may be handed in
USUAL = (".pdf", ".jpg", ".jpeg", ".png")
USUAL_MB = 10
LONGEST_NAME = 100

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for files: a material of the item, or a file question of a form."""

    id: str
    name: str
    accept: tuple[str, ...] = USUAL
    max_mb: int = USUAL_MB
    required: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page with files shows: its places, the files lying in them, and what was wrong with the last ones."""

    #: every material of the item, for tick lists
    materials: Sequence[Slot] = ()
    #: materials asked for, and the other ones
    asked: Sequence[Slot] = ()
    others: Sequence[Slot] = ()
    files: Mapping[str, list[Attachment]] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    #: today as ISO text, for the bounds of date questions
    today: str = ""
    accept: tuple[str, ...] = USUAL
    max_mb: int = USUAL_MB


def slots_of(item: Item) -> list[Slot]:
    """A place for each material of the item that can be handed in online."""
    return [
        Slot(m.id, m.name, tuple(m.upload.accept), m.upload.max_mb, m.required == "always")
        for m in item.materials or ()
        if m.upload
    ]


def all_slots(item: Item) -> list[Slot]:
    """A place for each material of the item; for tick lists, and for a supplement, which may ask for any of them."""
    by_id = {slot.id: slot for slot in slots_of(item)}
    return [by_id.get(m.id) or Slot(m.id, m.name) for m in item.materials or ()]


def by_field(files: Iterable[Attachment]) -> dict[str, list[Attachment]]:
    """Files by the place they lie in."""
    found: dict[str, list[Attachment]] = {}
    for file in files:
        found.setdefault(file.field, []).append(file)
    return found


def safe_name(name: str) -> str:
    """A file name fit for every system: no path, no control or direction marks, at most 100 characters, ending kept."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    clean = _FORBIDDEN.sub("", last).strip(" .") or "未命名"
    path = PurePosixPath(clean)
    ending = path.suffix[:10]
    return clean[: LONGEST_NAME - len(ending)].removesuffix(ending) + ending if len(clean) > LONGEST_NAME else clean


def media_type_of(filename: str, content: bytes, slot: Slot) -> str:
    """The media type of a file handed in for ``slot``; InvalidFile when ending or content are not as they must be."""
    ending = PurePosixPath(filename).suffix.lower()
    if ending not in slot.accept or ending not in KINDS:
        raise InvalidFile(f"“{filename}”不能上传：{slot.name}只收 {'、'.join(slot.accept)} 文件", place=slot.id)
    if not content:
        raise InvalidFile(f"“{filename}”是空文件，请重新选择", place=slot.id)
    media_type, contents = KINDS[ending]
    if not _looks_like(content) & contents:
        raise InvalidFile(
            f"“{filename}”的内容不是 {ending} 文件，可能改过扩展名或已损坏，请用原来的软件重新导出", place=slot.id
        )
    return media_type


def _looks_like(content: bytes) -> set[str]:
    """What the content may be, by its signature."""
    try:
        return {match.extension for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return set()


def receive(
    posted: Iterable[tuple[str, FileStorage]], slots: Iterable[Slot], owner: str, draft_id: str
) -> dict[str, list[str]]:
    """Keep the files of a page, each posted as ``u.<slot>``; messages by slot for those that cannot be kept.

    A slot that the page does not have is refused with InvalidFile.
    """
    places = {slot.id: slot for slot in slots}
    room = web_config().max_case_bytes - sum(file.size for file in services().files.of_draft(draft_id))
    errors: dict[str, list[str]] = {}
    for name, file in posted:
        if not name.startswith("u.") or not file.filename:
            continue
        slot = places.get(name.removeprefix("u."))
        if slot is None:
            raise InvalidFile("这一页没有要求上传这项材料。", place=name)
        try:
            room -= keep(file, slot, owner, draft_id, room).size
        except InvalidFile as error:
            errors.setdefault(slot.id, []).append(error.message)
    return errors


def keep(file: FileStorage, slot: Slot, owner: str, draft_id: str | None, room: int) -> Attachment:
    """Keep one file for ``slot``, of at most ``room`` bytes; InvalidFile when it is not what it must be."""
    filename, size = safe_name(file.filename or ""), file.stream.seek(0, SEEK_END)
    if size > slot.max_mb * MEGABYTE:
        shown = f"{size / MEGABYTE:.1f}"
        raise InvalidFile(f"“{filename}”有 {shown} MB，超过 {slot.max_mb} MB 的上限，请压缩后再上传", place=slot.id)
    if size > room:
        most = web_config().max_case_bytes // MEGABYTE
        raise InvalidFile(f"“{filename}”没有保存：全部材料合计不能超过 {most} MB", place=slot.id)
    file.stream.seek(0)
    content = file.stream.read()
    return services().files.add(
        field=slot.id,
        filename=filename,
        media_type=media_type_of(filename, content, slot),
        content=content,
        owner=owner,
        draft_id=draft_id,
        at=services().clock.now(),
    )
