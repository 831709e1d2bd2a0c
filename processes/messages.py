"""What messages say: one wording per template code of ``yc:notify``.

A message gateway in China sends registered templates, so what leaves the platform is the code and the facts; the words
here are what the platform shows in its own lists, and what a template is registered with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.records import MessageRecord

APPLICANT = "applicant"
#: what stands where a fact is missing
_NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Wording:
    """A template's title, and its sentence to the applicant; ``{item}`` and the like are facts of the message."""

    title: str
    to_applicant: str

    def text(self, to: str, facts: Mapping[str, Any]) -> str:
        """The sentence for ``to``; staff are told what happened to which case, and at which step."""
        words = self.to_applicant if to == APPLICANT else f"“{{item}}”{self.title}（环节：{{step}}）。"
        return words.format_map(_Facts({key: value for key, value in facts.items() if value is not None}))


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return _NOTHING


#: template code → wording; the linter refuses every other code
MESSAGES: Mapping[str, Wording] = {
    "receipt": Wording("已收件", "已收到您申请的“{item}”，正在核对材料。"),
    "acceptance": Wording("已受理", "您申请的“{item}”已受理，受理通知书可在办件页查看。"),
    "supplement": Wording("需要补正", "您申请的“{item}”需要补正材料，请在办件页查看补正通知书并补交。"),
    "lapsed": Wording("已终止", "您申请的“{item}”逾期没有补正，已终止；材料备齐后可以重新申请。"),
    "non_acceptance": Wording("不予受理", "您申请的“{item}”不予受理，理由和救济途径见办件页的决定书。"),
    "not_competent": Wording(
        "不属于本机关职权", "您申请的“{item}”不属于本机关职权范围，应当向哪个机关申请见办件页的决定书。"
    ),
    "returned": Wording("已退回", "您申请的“{item}”已退回，理由见办件页。"),
    "special_time": Wording("进入特别程序", "您申请的“{item}”进入不计入办理时限的程序，所需时间见办件页的告知书。"),
    "inquiry_delay": Wording("需要协查", "您申请的“{item}”需要向有关单位协查，办理时间相应延后，说明见办件页。"),
    "inspection": Wording("安排现场核查", "您申请的“{item}”已安排现场核查，请在现场配合，时间见办件页。"),
    "inform": Wording("发出告知书", "您申请的“{item}”实行告知承诺，请在办件页阅读告知书并答复是否承诺。"),
    "declined": Wording("没有承诺，已终止", "您申请的“{item}”没有作出承诺，已终止；可以按一般程序重新申请。"),
    "decision_granted": Wording("准予", "您申请的“{item}”已准予，决定书可在办件页查看。"),
    "decision_refused": Wording("不予批准", "您申请的“{item}”不予批准，理由和救济途径见办件页的决定书。"),
    "collection": Wording("证件已制好", "您申请的“{item}”证件已制好，请按申请时选择的方式领取。"),
    "try_again": Wording("可以再办一次", "您申请的“{item}”有一步没有提交成功，原因已经排除，请再提交一次。"),
    "completion": Wording("到期须补交材料", "您办理的“{item}”已到承诺补交材料的期限，请在办件页查看要求。"),
}


#: template code → wording of what clerks' own acts bring; no diagram names these
ACTS: Mapping[str, Wording] = {
    "task_transferred": Wording("转办给您", ""),
    "task_delegated": Wording("委派您办理", ""),
    "task_handed_back": Wording("委派的环节已交回", ""),
    "task_recalled": Wording("委派已收回", ""),
    "task_returned": Wording("已退回", "您申请的“{item}”退回由您补充：{reason}。请在办件页办理。"),
    "case_urged": Wording("有人催办", ""),
    "copy_sent": Wording("抄送给您", ""),
    "question_asked": Wording("有问题请您答复", "您申请的“{item}”有问题需要您答复，请在办件页查看。"),
    "question_answered": Wording("您的提问已答复", ""),
    "case_withdrawn": Wording("申请人已撤回申请", "您已撤回“{item}”的申请，办件已终止。"),
    "case_terminated": Wording("已终止办理", "您申请的“{item}”已终止办理，理由请向承办单位咨询。"),
    "case_suspended": Wording("已挂起", "您申请的“{item}”已挂起，暂停办理和计时，恢复时会再通知您。"),
    "case_resumed": Wording("已恢复办理", "您申请的“{item}”已恢复办理，办理时限继续计算。"),
}
_WORDINGS = {**MESSAGES, **ACTS}


def title_of(message: MessageRecord) -> str:
    """The title of a message; of a code that is no longer known, the code itself."""
    wording = _WORDINGS.get(message.template)
    return wording.title if wording else message.template


def text_of(message: MessageRecord) -> str:
    """The sentence of a message; a code that is no longer known leaves item and step."""
    wording = _WORDINGS.get(message.template) or Wording(message.template, "您申请的“{item}”：{step}。")
    return wording.text(message.to, message.facts)
