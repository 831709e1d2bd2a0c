"""Materials are named, not swept together."""

from __future__ import annotations

from collections.abc import Iterator

from processes.bundle import ITEM
from processes.lint.registry import Finding, rule
from processes.lint.subject import Subject

_CATCH_ALL = (
    "其他",
    "其它",
    "有关材料",
    "相关材料",
    "有关证明",
    "相关证明",
    "有关文件",
    "相关文件",
    "有关资料",
    "相关资料",
)


@rule(
    "materials-catch-all",
    title="材料有兜底条款",
    why="申请材料不得有“其他材料”“有关材料”之类的兜底性表述，申请人看了不知道要交什么。",
    fix="写明具体材料；原文如此公布的，报请公布机关改正。",
)
def check(subject: Subject) -> Iterator[Finding]:
    materials = (subject.item.materials if subject.item else None) or ()
    for index, material in enumerate(materials):
        word = next((word for word in _CATCH_ALL if word in material.name), None)
        if word:
            yield Finding(f"材料“{material.name}”含有兜底表述“{word}”", ITEM, None, f"materials[{index}].name")
