"""Questions about a case, put to the applicant or to a colleague, and their answers (沟通)."""

from __future__ import annotations

from dataclasses import replace

from engine.act import Act, Decision, Desk
from engine.assignment import is_applicant
from engine.commands import AnswerQuestion, AskQuestion
from engine.contacts import TO_APPLICANT, QuestionRecord
from engine.errors import AlreadyAnswered, InvalidValue, NotAllowed, UnknownQuestion, WrongApplicant
from engine.events import QuestionAnswered, QuestionAsked
from engine.handlers.access import open_case
from engine.handlers.copies import check_takes_part
from engine.handlers.transfer import colleague
from engine.history import APPLICANT_NAME

#: characters of a question or an answer
MAX_TEXT = 2000


def ask_question(desk: Desk, command: AskQuestion) -> Decision:
    """Ask the applicant or a colleague; the case goes on meanwhile, and its clock runs on.

    Allowed to those who take part in the case.  Raises UnknownCase, CaseClosed, NotAllowed, UnknownUser, InvalidValue.
    """
    act = open_case(desk, command.actor, command.case_no)
    check_takes_part(act)
    text = _text(command.text)
    to_applicant = command.to == TO_APPLICANT
    person = None if to_applicant else colleague(act, command.to)
    if person is not None and person.user_id == act.actor.user_id:
        raise InvalidValue("不能向自己提问。", place="to")
    task = act.tasks.get(command.task_id) if command.task_id else None
    question = QuestionRecord(
        question_id=act.world.new_id(),
        case_no=act.case.case_no,
        item_name=act.case.item_name,
        task_id=task.task_id if task else None,
        step=task.name if task else None,
        to_id=person.user_id if person else TO_APPLICANT,
        to_name=person.name if person else act.case.applicant.name,
        text=text,
        asked_by_id=act.actor.user_id,
        asked_by_name=act.actor.name,
        asked_at=act.now,
    )
    act.emit(QuestionAsked(question))
    _tell(act, "applicant" if to_applicant else "assignee", question.to_id, "question_asked", question.step)
    return act.close(made=(question.question_id,))


def answer_question(desk: Desk, command: AnswerQuestion) -> Decision:
    """Answer a question, once, if it was put to one.

    Raises UnknownQuestion, UnknownCase, CaseClosed, WrongApplicant or NotAllowed, AlreadyAnswered, InvalidValue.
    """
    asked = desk.uow.questions.get(command.question_id)
    if asked is None:
        raise UnknownQuestion(place=command.question_id)
    act = open_case(desk, command.actor, asked.case_no)
    # looked at again behind the lock: two may answer at once
    asked = desk.uow.questions.get(command.question_id) or asked
    _check_is_asked(act, asked)
    if asked.answered_at is not None:
        raise AlreadyAnswered(place=asked.question_id)
    answered = replace(
        asked,
        answer=_text(command.text),
        answered_by_id=act.actor.user_id,
        answered_by_name=APPLICANT_NAME if asked.to_id == TO_APPLICANT else act.actor.name,
        answered_at=act.now,
    )
    act.emit(QuestionAnswered(answered))
    _tell(act, "assignee", asked.asked_by_id, "question_answered", asked.step)
    return act.close(made=(asked.question_id,))


def _check_is_asked(act: Act, asked: QuestionRecord) -> None:
    if asked.to_id == TO_APPLICANT:
        if not is_applicant(act.actor, act.case):
            raise WrongApplicant("这个问题只有申请人可以答复。", place=asked.question_id)
    elif asked.to_id != act.actor.user_id:
        raise NotAllowed(f"这个问题请{asked.to_name}答复。", place=asked.question_id)


def _text(text: str) -> str:
    said = text.strip()
    if not 1 <= len(said) <= MAX_TEXT:
        raise InvalidValue(f"内容应为 1 至 {MAX_TEXT} 个字。", place="text")
    return said


def _tell(act: Act, to: str, whom: str, template: str, step: str | None) -> None:
    address = act.case.applicant.phone if to == "applicant" else whom
    act.tell(to, address, template, step)
