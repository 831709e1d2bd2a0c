"""Answering what the agency asked for: a task of the applicant's own, signed in or with the phone number proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import CompleteTask
from engine.errors import TaskNotOpen, UnknownTask
from engine.process import Node
from engine.records import APPLICANT_GROUP, TaskRecord, TaskStatus
from engine.views import CaseView
from processes.forms import Form
from processes.item import Item
from webapp import slots
from webapp.casework import own_case
from webapp.errors import on_failure
from webapp.forms import Bound, bind, collect
from webapp.identity import actor
from webapp.notices import paper
from webapp.portal import bp
from webapp.portal.application import NO_FORM, today
from webapp.services import services
from webapp.uploads import Desk, Slot, all_slots, by_field, receive

Page = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Answer:
    """A task of the applicant's with what it asks."""

    view: CaseView
    task: TaskRecord
    node: Node
    form: Form
    item: Item
    #: ids of the materials asked for
    missing: frozenset[str]

    @property
    def slots(self) -> list[Slot]:
        """Places for files: the item's materials, and the form's own file questions."""
        return slots.of_step(self.item, self.form)

    @property
    def materials(self) -> list[Slot]:
        """Every material of the item."""
        return all_slots(self.item)

    def bound(self, raw: Mapping[str, object], *, judged: bool) -> Bound:
        """The form with what was typed and the files that lie here."""
        files = services().files.of_draft(self.task.task_id)
        facts = slots.facts(today(), self.item, files)
        raw = {**raw, **slots.answers(self.form, files, facts.materials)}
        return bind(self.form, raw, facts, only=None if judged else ())

    def desk(self, errors: Mapping[str, list[str]]) -> Desk:
        return Desk(
            materials=self.materials,
            asked=[slot for slot in self.materials if slot.id in self.missing],
            others=[slot for slot in self.materials if slot.id not in self.missing],
            files=by_field(services().files.of_draft(self.task.task_id)),
            errors=errors,
            today=today().isoformat(),
        )


@bp.route("/cases/<case_no>/tasks/<task_id>", methods=["GET", "POST"])
def task(case_no: str, task_id: str) -> Page:
    answer = _answer(own_case(case_no), task_id)
    if request.method == "GET":
        return _page(answer, answer.bound({}, judged=False), {})
    here = url_for("portal.task", case_no=case_no, task_id=task_id)
    on_failure(("已经保留", "已上传的材料"), actions=[("回到补正", here)])
    if "remove" in request.form:
        _remove(answer.task, request.form["remove"])
        return redirect(here)
    wrong_files = receive(request.files.items(multi=True), answer.slots, actor().user_id, task_id)
    bound = answer.bound(collect(answer.form, request.form), judged=True)
    if bound.ok and answer.form.fields and not bound.values:
        nothing = {answer.form.fields[0].key: ["还没有补交任何内容：请上传材料，或写明情况"]}
        bound = replace(bound, errors=nothing)
    if not bound.ok or wrong_files:
        return _page(answer, bound, wrong_files), 422
    files = tuple(file.attachment_id for file in services().files.of_draft(task_id))
    version = request.form.get("version", type=int)
    services().execute(CompleteTask(actor(), task_id, _outcome(answer.node), None, bound.values, files, version))
    flash("已经提交。现在轮到部门办理，您不需要再做什么。", "done")
    return redirect(url_for("portal.case", case_no=case_no))


def _answer(view: CaseView, task_id: str) -> Answer:
    """The applicant's open task; UnknownTask when it is not his, TaskNotOpen when it is done."""
    asked = next((t for t in view.tasks if t.task_id == task_id and t.group == APPLICANT_GROUP), None)
    if asked is None:
        raise UnknownTask(place=task_id)
    if asked.status not in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        on_failure(actions=[("看这个办件", url_for("portal.case", case_no=view.case.case_no))])
        raise TaskNotOpen("这一步已经提交过或已经结束，不能再提交。")
    definition = services().definitions.get(view.case.definition_id)
    package = services().packages.get(view.case.definition_id)
    node = definition.process.nodes[asked.node_id]
    form = package.forms[node.ext.form] if node.ext.form else NO_FORM
    return Answer(view, asked, node, form, package.item, _missing(view))


def _missing(view: CaseView) -> frozenset[str]:
    """Materials that the latest step with a tick list of them asked for."""
    ticked = [form for form in view.forms if form.values.get("missing")]
    latest = max(ticked, key=lambda form: form.saved_at, default=None)
    return frozenset(latest.values["missing"]) if latest else frozenset()


def _outcome(node: Node) -> str | None:
    """The one pressed, or the only one there is."""
    chosen = request.form.get("outcome")
    return chosen or (node.ext.outcomes[0].code if len(node.ext.outcomes) == 1 else None)


def _remove(asked: TaskRecord, attachment_id: str) -> None:
    if attachment_id in {file.attachment_id for file in services().files.of_draft(asked.task_id)}:
        services().files.remove(attachment_id, actor().user_id)


def _page(answer: Answer, bound: Bound, wrong_files: Mapping[str, list[str]]) -> str:
    package = services().packages.get(answer.view.case.definition_id)
    notices = [n for n in answer.view.notices if n.issued_at <= answer.task.opened_at]
    latest = max(notices, key=lambda n: n.issued_at, default=None)
    return render_template(
        "portal/answer.html",
        answer=answer,
        bound=bound,
        desk=answer.desk(wrong_files),
        errors={**bound.errors, **wrong_files},
        paper=paper(latest, package) if latest else None,
    )
