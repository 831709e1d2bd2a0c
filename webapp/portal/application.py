"""An application in the making: its draft, its groups of questions, what each still lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from engine.errors import NotFound, UnknownItem
from engine.records import Applicant
from engine.views import Attachment, Draft, User
from processes.forms import Field, Form, Section
from processes.package import Package
from webapp import slots
from webapp.formatting import local
from webapp.forms import Bound, Facts, bind, shown_fields
from webapp.portal import applicant
from webapp.services import services
from webapp.uploads import Slot, by_field, slots_of

#: keys of the applicant's own particulars in a draft; a form's keys have no colon
OWN = "applicant:"
APPLICANT, MATERIALS, CHECK = "applicant", "materials", "check"
NO_FORM = Form(ref="", title="", sections=())


@dataclass(frozen=True, slots=True)
class Group:
    """One page of the application."""

    slug: str
    title: str
    hint: str | None = None
    #: questions of the page; None for the pages of materials and of the last check
    section: Section | None = None


class Application:
    """A draft together with what its item asks."""

    def __init__(self, draft: Draft, user: User, package: Package, form: Form) -> None:
        self.draft = draft
        self.user = user
        self.package = package
        self.form = form
        self.own_form = applicant.form_of(user)
        self.slots: list[Slot] = slots_of(package.item)

    @property
    def item_name(self) -> str:
        return self.package.item.name

    @cached_property
    def groups(self) -> list[Group]:
        """The pages, in order."""
        own = self.own_form.sections[0]
        sections = [Group(f"s{i}", s.title, s.hint, s) for i, s in enumerate(self.form.sections, 1)]
        materials = [Group(MATERIALS, "上传材料")] if self.slots else []
        return [Group(APPLICANT, own.title, own.hint, own), *sections, *materials, Group(CHECK, "核对并提交")]

    def group(self, slug: str) -> Group:
        """The page of this name; NotFound when there is none."""
        found = next((group for group in self.groups if group.slug == slug), None)
        if found is None:
            raise NotFound("这个事项没有这一组内容。")
        return found

    def neighbour(self, group: Group, step: int) -> Group | None:
        """The page before (-1) or after (+1) this one."""
        at = self.groups.index(group) + step
        return self.groups[at] if 0 <= at < len(self.groups) else None

    @property
    def next_open(self) -> Group:
        """The first page not yet passed."""
        return next((group for group in self.groups if group.slug not in self.draft.done), self.groups[-1])

    @cached_property
    def lying(self) -> Sequence[Attachment]:
        """Files uploaded so far."""
        return services().files.of_draft(self.draft.draft_id)

    @cached_property
    def facts(self) -> Facts:
        return slots.facts(today(), self.package.item, self.lying)

    @cached_property
    def files(self) -> Mapping[str, list[Attachment]]:
        """Files uploaded so far, by place."""
        return by_field(self.lying)

    def raw(self, form: Form) -> dict[str, Any]:
        """What was typed into ``form`` (the item's or the applicant's) so far."""
        prefix = OWN if form is self.own_form else ""
        values = self.draft.values
        typed = {f.key: values[prefix + f.key] for f in form.fields if prefix + f.key in values}
        return {**typed, **slots.answers(form, self.lying, self.facts.materials)}

    def form_of(self, group: Group) -> Form:
        return self.own_form if group.slug == APPLICANT else self.form

    def bound(self, group: Group, *, judged: bool) -> Bound:
        """The page's questions with what was typed, and with messages when it is ``judged``."""
        form, keys = self.form_of(group), [f.key for f in group.section.fields] if group.section else []
        return bind(form, self.raw(form), self.facts, only=keys if judged else ())

    def shown(self, group: Group) -> list[Field]:
        """The questions of a page that are asked beside what was typed."""
        asked = {f.key for f in shown_fields(self.form_of(group), self.raw(self.form_of(group)))}
        return [f for f in group.section.fields if f.key in asked] if group.section else []

    def wrong(self, group: Group) -> Mapping[str, list[str]]:
        """What still has to be put right on a page, by key."""
        if group.section:
            return self.bound(group, judged=True).errors
        return self.missing_files() if group.slug == MATERIALS else {}

    def missing_files(self) -> dict[str, list[str]]:
        """Materials that must be handed in and have not been."""
        return slots.missing(self.slots, self.files)

    def slots_on(self, group: Group) -> list[Slot]:
        """Places for files on a page: the materials, or the file questions of its section."""
        if group.slug == MATERIALS:
            return self.slots
        return slots.questions(group.section.fields) if group.section else []

    def with_values(self, group: Group, raw: Mapping[str, Any]) -> Application:
        """The application with a page's values typed anew, saved."""
        prefix = OWN if group.slug == APPLICANT else ""
        keys = {f.key for f in group.section.fields} if group.section else set()
        typed = {prefix + key: value for key, value in raw.items() if key in keys}
        return self._saved(values={**self.draft.values, **typed})

    def passed(self, group: Group) -> Application:
        """The application with a page marked as done, saved."""
        done = (*(slug for slug in self.draft.done if slug != group.slug), group.slug)
        return self._saved(done=done)

    def _saved(self, **changes: Any) -> Application:
        draft = replace(self.draft, updated_at=services().clock.now(), **changes)
        services().drafts.save(draft)
        return Application(draft, self.user, self.package, self.form)

    def reread(self) -> Application:
        """The application with its files looked up anew."""
        return Application(self.draft, self.user, self.package, self.form)

    def checked(self) -> tuple[Applicant, Mapping[str, Any], Sequence[str]]:
        """Applicant, form values and attachment ids, all proved; InvalidForm when something is wrong."""
        own = bind(self.own_form, self.raw(self.own_form), self.facts).checked()
        values = bind(self.form, self.raw(self.form), self.facts).checked()
        places = slots.of_application(self.package.item, self.form)
        files = [file.attachment_id for slot in places for file in self.files.get(slot.id, [])]
        return applicant.applicant_of(own, self.user), values, files


def today() -> date:
    """The day by the wall clock."""
    return local(services().clock.now()).date()


def current(item_key: str) -> tuple[Package, Form]:
    """The package in force of an item and its application form; UnknownItem when the item is not offered."""
    definition = services().definitions.current(item_key)
    package = services().packages.get(definition.id)
    ref = definition.process.start_node.ext.form
    return package, package.forms[ref] if ref else NO_FORM


def begin(item_key: str, user: User, draft_id: str) -> Application:
    """A new draft, filled with what the account knows."""
    package, form = current(item_key)
    draft = Draft(
        draft_id=draft_id,
        owner=user.user_id,
        item_key=package.key,
        item_name=package.item.name,
        definition_id=package.definition_id,
        values={OWN + key: value for key, value in applicant.prefilled(user).items()},
        done=(),
        updated_at=services().clock.now(),
    )
    services().drafts.save(draft)
    return Application(draft, user, package, form)


def resume(draft_id: str, user: User) -> tuple[Application, bool]:
    """A stored draft under the version in force, and whether that is newer than the one it was begun under.

    Values are kept by key; after a change every page is to be looked at again.
    """
    draft = services().drafts.get(draft_id, user.user_id)
    if draft is None:
        raise NotFound("没有这份草稿：可能已经提交或删除。")
    try:
        package, form = current(draft.item_key)
    except UnknownItem:
        raise UnknownItem("这个事项已停止办理，草稿仍为您保留。") from None
    changed = draft.definition_id != package.definition_id
    if changed:
        draft = replace(draft, definition_id=package.definition_id, item_name=package.item.name, done=())
        services().drafts.save(draft)
    return Application(draft, user, package, form), changed
