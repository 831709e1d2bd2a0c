from io import BytesIO
from zipfile import ZipFile

import pytest

from engine.errors import InvalidFile
from tests.unit.webapp.hall import PDF
from webapp.uploads import KINDS, Slot, media_type_of, safe_name

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(40)
JPG = bytes.fromhex("ffd8ffe000104a46494600010100") + bytes(40)
ANY = Slot("m", "申请书", tuple(KINDS), 1)


def zipped(name):
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr(name, "<a/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("申请书.pdf", PDF, "application/pdf"),
        ("照片.JPG", JPG, "image/jpeg"),
        ("图.png", PNG, "image/png"),
        ("表.docx", zipped("word/document.xml"), KINDS[".docx"][0]),
        ("文书.ofd", zipped("OFD.xml"), "application/ofd"),
    ],
)
def test_a_file_is_taken_for_what_it_is(name, content, media_type):
    assert media_type_of(name, content, ANY) == media_type


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("病毒.exe", b"MZ\x90\x00" + bytes(60), "只收"),
        ("改名.pdf", b"MZ\x90\x00" + bytes(60), "内容不是 .pdf 文件"),
        ("改名.pdf", PNG, "内容不是 .pdf 文件"),
        ("网页.png", b"<html><script>alert(1)</script></html>", "内容不是 .png 文件"),
        ("空.pdf", b"", "空文件"),
        ("没有扩展名", PDF, "只收"),
    ],
)
def test_a_file_that_is_not_what_it_claims_is_refused_by_name(name, content, why):
    with pytest.raises(InvalidFile, match=why) as refused:
        media_type_of(name, content, ANY)
    assert name in refused.value.message
    assert refused.value.place == "m"


def test_a_place_takes_only_its_own_kinds():
    with pytest.raises(InvalidFile, match=r"申请书只收 \.pdf 文件"):
        media_type_of("图.png", PNG, Slot("m", "申请书", (".pdf",)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("申请书.pdf", "申请书.pdf"),
        (r"C:\用户\桌面\申请书.pdf", "申请书.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("发票\u202efdp.exe", "发票fdp.exe"),
        ("...", "未命名"),
        ('a:"b|.pdf', "ab.pdf"),
    ],
)
def test_file_names_are_made_fit_for_every_system(given, kept):
    assert safe_name(given) == kept


def test_a_long_file_name_keeps_its_ending():
    name = safe_name("荔" * 300 + ".pdf")
    assert len(name) == 100
    assert name.endswith(".pdf")
