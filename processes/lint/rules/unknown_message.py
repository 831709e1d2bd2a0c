"""A message for which there are no words."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject
from processes.messages import MESSAGES


@rule(
    "unknown-message",
    title="没有这个消息模板",
    why="短信网关按模板编码发送，没有登记的编码发不出去；网站上的消息也没有措辞可用。",
    fix=f"改正 yc:notify 的 template，可用的有：{'、'.join(MESSAGES)}。"
    "要用新的，先在 processes/messages.py 里写上措辞。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        for notify in node.ext.notify:
            if notify.template not in MESSAGES:
                yield at(diagram, node, f"{node.words}的消息模板“{notify.template}”不存在")
