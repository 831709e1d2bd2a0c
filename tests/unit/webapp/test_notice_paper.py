from dataclasses import replace

import pytest

from engine.errors import ProcessFault, UnknownNotice
from engine.records import NoticeRecord
from processes.notices import Notice
from tests.unit.engine.fakes import at
from tests.unit.webapp.hall import package
from webapp.notices import paper

FACTS = {
    "applicant": "覃小明",
    "agency": "灵山县行政审批局",
    "item": "取水许可",
    "issued_on": "2026年10月14日",
    "submitted_on": "2026年10月12日",
    "missing": ["申请书", "位置图"],
    "opinion": "<script>alert(1)</script>",
}


def record(template="supplement", **facts):
    return NoticeRecord("n", "c", template, "灵审补字〔2026〕第000001号", at("2026-10-14 10:42"), "told", FACTS | facts)


def with_body(body):
    made = package()
    return replace(made, notices={"x": Notice("x", "通知书", "通", body)})


def test_a_notice_shows_the_facts_fixed_at_issue_in_the_platforms_frame():
    shown = paper(record(), package())
    assert (shown.title, shown.number) == ("补正通知书", "灵审补字〔2026〕第000001号")
    assert (shown.addressee, shown.agency, shown.issued_on) == ("覃小明", "灵山县行政审批局", "2026年10月14日")
    assert "<li>申请书</li><li>位置图</li>" in shown.body


def test_what_people_wrote_is_text_and_never_markup():
    assert "<script>" not in paper(record(), package()).body
    assert "&lt;script&gt;" in paper(record(), package()).body


@pytest.mark.parametrize(
    "body",
    ["{{ applicant.__class__.__mro__ }}", "{{ missing.append('x') }}", "{{ unknown_fact }}", "{{ opinion + 1 }}"],
)
def test_a_template_reaches_nothing_but_its_facts(body):
    with pytest.raises(ProcessFault, match="通知书"):
        paper(record("x"), with_body(body))


def test_a_fact_that_is_not_there_is_empty_and_an_unknown_template_is_named():
    assert paper(record("x"), with_body("<p>{% if promised %}有{% else %}无{% endif %}</p>")).body == "<p>无</p>"
    with pytest.raises(UnknownNotice):
        paper(record("nothing"), package())
