"""Uploaded files and drafts: whole or not at all, one's own only, gone when removed."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from storage_samples import DAY, NOW, a_case, stored
from test_storage_concurrency import together

from engine.errors import Fault, StorageFull, UnknownAttachment, WrongApplicant
from engine.views import Attachment, Draft
from storage.database import Database
from storage.drafts import DraftStore
from storage.files import Files
from storage.uow import UnitOfWork

PDF = b"%PDF-1.7 \x00\xff" * 1000
DRAFT = Draft(
    draft_id="d" * 32,
    owner="u-guihe",
    item_key="lingshan-energy-review",
    item_name="固定资产投资项目节能审查",
    definition_id="a" * 64,
    values={"project_name": "年产五万吨", "coal": "12.50", "a": ["x"]},
    done=("basics", "energy"),
    updated_at=NOW,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def files(database: Database, root: Path) -> Files:
    return Files(database, root)


def upload(files: Files, content: bytes = PDF, owner: str = "u-guihe", draft_id: str | None = "d" * 32) -> Attachment:
    return files.add(
        field="application",
        filename="节能报告（终稿）.pdf",
        media_type="application/pdf",
        content=content,
        owner=owner,
        draft_id=draft_id,
        at=NOW,
    )


def on_disk(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_file_comes_back_as_it_was_uploaded(files: Files, root: Path) -> None:
    attachment = upload(files)
    assert attachment.size == len(PDF)
    assert attachment.sha256 == sha256(PDF).hexdigest()
    assert files.get(attachment.attachment_id) == attachment
    assert files.content(attachment) == PDF
    assert files.of_draft("d" * 32) == [attachment]
    assert files.of_draft("x") == []
    assert files.get("x") is None
    assert on_disk(root) == [attachment.sha256]
    empty = upload(files, b"")
    assert files.content(empty) == b""


def test_equal_contents_are_kept_once_and_go_with_the_last(files: Files, root: Path) -> None:
    first, second = upload(files), upload(files, owner="u-other", draft_id=None)
    assert on_disk(root) == [first.sha256]
    files.remove(first.attachment_id, "u-guihe")
    assert files.get(first.attachment_id) is None
    assert files.content(second) == PDF
    files.remove(second.attachment_id, "u-other")
    assert on_disk(root) == []


def test_only_ones_own_loose_files_can_be_removed(files: Files, database: Database) -> None:
    attachment = upload(files)
    for attachment_id, owner in ((attachment.attachment_id, "u-other"), ("x", "u-guihe")):
        with pytest.raises(UnknownAttachment):
            files.remove(attachment_id, owner)
    case = a_case()
    stored(database, case)
    with UnitOfWork(database) as uow:
        uow.attachments.bind([attachment.attachment_id], case.case_no, None, "u-guihe")
        uow.commit()
    with pytest.raises(UnknownAttachment):
        files.remove(attachment.attachment_id, "u-guihe")
    assert files.content(attachment) == PDF
    assert files.of_draft("d" * 32) == []


def test_bytes_that_are_gone_or_changed_are_not_served(files: Files, root: Path) -> None:
    attachment = upload(files)
    path = root / attachment.sha256[:2] / attachment.sha256
    path.write_bytes(PDF[:-1])
    with pytest.raises(Fault):
        files.content(attachment)
    path.unlink()
    with pytest.raises(Fault):
        files.content(attachment)


def test_a_full_disk_leaves_nothing(files: Files, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (root / sha256(PDF).hexdigest()[:2]).mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        upload(files)
    monkeypatch.undo()
    assert on_disk(root) == []
    assert files.of_draft("d" * 32) == []
    assert files.content(upload(files)) == PDF


def test_uploading_and_removing_the_same_content_at_once_loses_none(files: Files, root: Path) -> None:
    def come_and_go(n: int) -> Attachment:
        for _ in range(5):
            files.remove(upload(files, owner=f"u-{n}").attachment_id, f"u-{n}")
        return upload(files, owner=f"u-{n}")

    kept = together(6, come_and_go)
    assert [files.content(attachment) for attachment in kept] == [PDF] * 6
    assert on_disk(root) == [kept[0].sha256]


def test_a_content_that_is_uploaded_again_while_its_last_use_goes_is_kept(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = upload(files)
    uploaded: list[Attachment] = []
    uploader = Thread(target=lambda: uploaded.append(upload(files)))
    unlink = Path.unlink

    def unlink_late(path: Path, missing_ok: bool = False) -> None:
        # the other upload gets every chance to come in between
        uploader.start()
        uploader.join(0.3)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_late)
    files.remove(first.attachment_id, "u-guihe")
    uploader.join()
    assert files.content(uploaded[0]) == PDF


def test_sweep_takes_what_nobody_holds(files: Files, database: Database, root: Path) -> None:
    drafts = DraftStore(database, files)
    drafts.save(DRAFT)
    case = a_case()
    stored(database, case)
    held_by_draft = upload(files, b"draft")
    held_by_case = upload(files, b"case", draft_id=None)
    abandoned, draftless = upload(files, b"1", draft_id="gone"), upload(files, b"2", draft_id=None)
    with UnitOfWork(database) as uow:
        uow.attachments.bind([held_by_case.attachment_id], case.case_no, None, "u-guihe")
        uow.commit()
    assert files.sweep(NOW) == 0
    assert files.sweep(NOW + DAY) == 2
    assert files.get(abandoned.attachment_id) is files.get(draftless.attachment_id) is None
    assert on_disk(root) == sorted([held_by_case.sha256, held_by_draft.sha256])


def test_draft_comes_back_as_it_was_saved(files: Files, database: Database) -> None:
    drafts = DraftStore(database, files)
    drafts.save(DRAFT)
    assert drafts.get(DRAFT.draft_id, "u-guihe") == DRAFT
    assert list(drafts.get(DRAFT.draft_id, "u-guihe").values) == ["project_name", "coal", "a"]
    later = replace(DRAFT, values={}, done=(), updated_at=NOW + DAY)
    drafts.save(later)
    older = replace(DRAFT, draft_id="e" * 32)
    drafts.save(older)
    assert drafts.of("u-guihe") == [later, older]


def test_drafts_are_their_owners_only(files: Files, database: Database) -> None:
    drafts = DraftStore(database, files)
    drafts.save(DRAFT)
    attachment = upload(files)
    assert drafts.get(DRAFT.draft_id, "u-other") is None
    assert drafts.of("u-other") == []
    with pytest.raises(WrongApplicant):
        drafts.save(replace(DRAFT, owner="u-other"))
    drafts.remove(DRAFT.draft_id, "u-other")
    with UnitOfWork(database) as uow:
        uow.drafts.remove(DRAFT.draft_id, "u-other")
        uow.commit()
    assert drafts.get(DRAFT.draft_id, "u-guihe") == DRAFT
    assert files.get(attachment.attachment_id) == attachment


def test_a_removed_draft_takes_its_files_along(files: Files, database: Database, root: Path) -> None:
    drafts = DraftStore(database, files)
    drafts.save(DRAFT)
    upload(files)
    drafts.remove(DRAFT.draft_id, "u-guihe")
    assert drafts.of("u-guihe") == []
    assert files.of_draft(DRAFT.draft_id) == []
    assert on_disk(root) == []


def test_a_draft_goes_with_the_act_that_used_it(files: Files, database: Database) -> None:
    drafts = DraftStore(database, files)
    drafts.save(DRAFT)
    with UnitOfWork(database) as uow:
        uow.drafts.remove(DRAFT.draft_id, "u-guihe")
    assert drafts.of("u-guihe") == [DRAFT]
    with UnitOfWork(database) as uow:
        uow.drafts.remove(DRAFT.draft_id, "u-guihe")
        uow.commit()
    assert drafts.of("u-guihe") == []
