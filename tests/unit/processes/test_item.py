from __future__ import annotations

import pytest

from engine.elements import Limit, Unit
from engine.errors import InvalidDefinition
from processes.item import Charge, Span, limit_text, read_item

GOOD = """\
key: lingshan-energy-review
owner: 450721-spj
name: 固定资产投资项目节能审查
codes: {base: '000104002000', implementation: 11450721MB155808114000104002000, business: null, version: 13}
type: 行政许可
agency: 灵山县行政审批局
kind: 承诺件
statutory: {value: 20, unit: workday, note: 经批准可延长十日}
promised: {value: 5, unit: workday, note: null}
level: 县级
audience: [企业法人, 事业法人]
bases: [{law: 《固定资产投资项目节能审查办法》, number: (2016年国家发改委令第44号), article: 第三条}]
conditions: [年综合能源消费量1000吨标准煤以上]
materials:
  - id: application
    name: 申请书
    required: always
    originals: 1
    copies: 1
    source: 申请人自备
    form: null
    template: true
    basis: null
    sign: 个人签字或签章
    accept_standard: 内容真实有效
    note: A4, 1页
    upload: {accept: [.pdf, .jpg], max_mb: 10}
fees: {charged: true, rows: [{name: 住宅类, amount: 80元/件}, {name: 非住宅类, amount: 550元/件}]}
steps:
  - {name: 受理, limit: 当场, role: 窗口, standard: null, result: null}
  - {name: 审批, limit: {value: 2, unit: workday}, role: 窗口, standard: null, result: null}
special: [{name: 机构评审, limit: {value: 15, unit: workday}, counts: null, agency: null, basis: null, note: null}]
result: 批复
address: null
hours: null
contact: 0777-6428820
remedies: {phone: 0777-6428880, review: 自知道之日起六十日内可申请行政复议, litigation: 六个月内可以起诉。}
joint: {lead: 发改局, with: [自然资源局, 住建局]}
agent: null
conditional_acceptance: null
commitment: {applies: true, days: 60}
members: null
publicity: null
source: {title: 广西政务服务事项库, url: 'http://qzls.zwfw.gxzf.gov.cn/', completeness: null}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        read_item(text.encode())
    return [f"{p.line} {p.message}" for p in caught.value.problems]


def test_reads_the_guide_as_published() -> None:
    item = read_item(GOOD.encode())
    assert item.statutory == Span(20, Unit.WORKDAY, "经批准可延长十日")
    assert item.fees is not None
    assert item.fees.rows[1] == Charge("非住宅类", "550元/件")
    assert item.materials is not None
    assert item.materials[0].required_words == "必要"
    assert item.steps is not None
    assert item.steps[0].limit == "当场"
    assert item.steps[1].limit == Span(2, Unit.WORKDAY)
    assert item.joint == {"lead": "发改局", "with": ("自然资源局", "住建局")}
    assert item.address is None
    assert item.material("application") is item.materials[0]
    assert item.material("x") is None


def test_gives_the_engine_its_facts() -> None:
    facts = read_item(GOOD.encode()).facts()
    assert facts.code == "11450721MB155808114000104002000"
    assert facts.promised == Limit(5, Unit.WORKDAY)
    assert facts.materials == {"application": "申请书"}
    assert facts.remedies == ("自知道之日起六十日内可申请行政复议。", "六个月内可以起诉。")
    assert facts.bases == ("《固定资产投资项目节能审查办法》（2016年国家发改委令第44号）第三条",)
    assert facts.result_name == "批复"


def test_says_fees_and_limits_in_words() -> None:
    item = read_item(GOOD.encode())
    assert item.fees is not None
    assert item.fees.words == "住宅类 80元/件；非住宅类 550元/件"
    free = read_item(GOOD.replace("fees: {charged: true, rows", "fees: {charged: false} #").encode()).fees
    assert free is not None
    assert free.words == "不收费"
    assert [limit_text(Limit(3, unit)) for unit in Unit] == ["3个工作日", "3日", "3个工作小时", "3小时"]


def test_every_top_key_must_stand_there_even_if_null() -> None:
    for line in GOOD.splitlines():
        key = line.partition(":")[0]
        if line[0].isalpha() and key not in ("materials", "steps"):
            assert problems(GOOD.replace(line + "\n", ""))[0] == f"1 缺少“{key}”"


def test_null_means_that_the_source_is_empty() -> None:
    nulls = ["statutory", "promised", "kind", "bases", "conditions", "fees", "special", "remedies", "audience", "type"]
    text = "\n".join(
        f"{line.partition(':')[0]}: null" if line.partition(":")[0] in nulls else line for line in GOOD.splitlines()
    )
    item = read_item(text.encode())
    assert all(getattr(item, name) is None for name in nulls)
    assert item.facts().promised is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key: lingshan-energy-review", "key: Lingshan", "1 key应为"),
        ("owner: 450721-spj", "owner: null", "2 “owner”必须填写"),
        ("owner: 450721-spj", "owner: 450721", "2 应为文本，请给“450721”加上引号"),
        ("'000104002000'", "000104002000", "4 应为文本，请给“000104002000”加上引号"),
        ("version: 13", "version: 0", "4 应为1至9999的整数"),
        ("statutory: {value: 20", "statutory: {value: -20", "8 应为1至9999的整数"),
        ("statutory: {value: 20, unit: workday", "statutory: {value: 20, unit: 工作日", "8 “unit”只能是"),
        ("statutory: {value: 20, unit", "statutory: {unit", "8 “value”必须填写"),
        ("statutory: {value: 20", "statutory: {n: 1, value: 20", "8 没有“n”这个键"),
        ("promised: {value: 5, unit: workday, note: null}", "promised: 5", "9 应为“键: 值”"),
        ("level: 县级", "level: ''", "10 不能为空；来源没有的请写null"),
        ("audience: [企业法人, 事业法人]", "audience: 企业法人", "11 应为列表"),
        ("required: always", "required: 必要", "17 “required”只能是"),
        ("    originals: 1\n", "", "15 缺少“originals”"),
        ("    copies: 1\n", "    copies: 一\n", "19 应为0至9999的整数"),
        ("template: true", "template: 是", "22 应为 true 或 false"),
        ("accept: [.pdf, .jpg]", "accept: []", "27 “accept”至少要有一种文件扩展名"),
        ("fees: {charged: true", "fees: {charged: false", "28 不收费的事项不应有收费项目"),
        ("source: {title: 广西政务服务事项库, ", "source: {", "缺少“title”"),
        ("level: 县级", "level: 县级\nlevels: 县级", "11 没有“levels”这个键"),
    ],
)
def test_each_mistake_is_named_with_its_line(old: str, new: str, message: str) -> None:
    assert old in GOOD
    assert any(message in p for p in problems(GOOD.replace(old, new, 1))), problems(GOOD.replace(old, new, 1))


def test_two_materials_may_not_share_an_id() -> None:
    start, end = GOOD.index("  - id: application"), GOOD.index("fees:")
    assert "材料“application”重复" in problems(GOOD[:end] + GOOD[start:end] + GOOD[end:])[0]
