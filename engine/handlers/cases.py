"""Opening a case."""

from __future__ import annotations

from datetime import date

from engine.act import Act, Decision, Desk
from engine.commands import SubmitCase
from engine.errors import InvalidForm, ProcessFault
from engine.events import AttachmentsBound, CaseSubmitted, DraftUsed, FormSaved
from engine.handlers.routing import routed
from engine.records import CaseRecord, CaseStatus, Definition, FormRecord
from engine.settle import settle


def submit_case(desk: Desk, command: SubmitCase) -> Decision:
    """Open a case under the item's version in force and run it to its first wait.

    Raises UnknownItem, InvalidForm when values are given and the item has no form, ProcessFault.
    """
    definition = desk.world.definitions.current(command.item_key)
    start = definition.process.start_node
    if command.form and start.ext.form is None:
        raise InvalidForm({}, "这个事项的申请没有表单。")
    run = definition.process.start({start.id: routed(definition, start.ext.form, command.form)})
    case = _new_case(desk, command, definition)
    act = Act(desk.world, desk.uow, command.actor, desk.now, case, definition, is_new=True, form=command.form)
    act.emit(CaseSubmitted(act.case))
    _keep_papers(act, command, start.id)
    settle(act, run)
    return act.close()


def _new_case(desk: Desk, command: SubmitCase, definition: Definition) -> CaseRecord:
    item = definition.item
    return CaseRecord(
        case_no=_case_number(desk, item.owner_org),
        item_key=item.key,
        item_name=item.name,
        definition_id=definition.id,
        owner_org=item.owner_org,
        applicant=command.applicant,
        channel=command.channel,
        status=CaseStatus.SUBMITTED,
        submitted_at=desk.now,
        state=b"",
    )


def _case_number(desk: Desk, owner_org: str) -> str:
    """``<region>-<yymmdd>-<seq>``: the owner's local day, numbered per region and day with four digits or more."""
    owner = desk.world.directory.organisation(owner_org)
    if owner is None:
        raise ProcessFault(f"没有编码为“{owner_org}”的承办机构，不能收件。")
    day: date = desk.world.calendars.of(owner_org).local_date(desk.now)
    prefix = f"{owner.region}-{day:%y%m%d}"
    return f"{prefix}-{desk.uow.numbers.next(f'case:{prefix}'):04d}"


def _keep_papers(act: Act, command: SubmitCase, node_id: str) -> None:
    case_no = act.case.case_no
    act.emit(FormSaved(FormRecord(case_no, node_id, None, dict(command.form), act.now, command.actor.user_id)))
    if command.attachments:
        act.emit(AttachmentsBound(case_no, None, command.attachments))
    if command.draft_id is not None:
        act.emit(DraftUsed(command.draft_id))
