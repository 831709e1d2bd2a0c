"""engine.extensions: what the vocabulary takes, what it refuses, and that a refusal names its place."""

import pytest

from engine.elements import Assign, ClockMode, ClockRule, Limit, Milestone, Notify, Outcome, Unit
from engine.errors import InvalidDefinition
from engine.extensions import BPMN, MAX_DEPTH, place_of, read_extensions, read_xml


def node(inner="", tag="userTask", attributes="", body=""):
    xml = f"""<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:yc="urn:yichuang:bpmn:1" xmlns:other="urn:other">
<bpmn:process id="p">
<bpmn:{tag} id="review" {attributes}>
<bpmn:extensionElements>
{inner}
</bpmn:extensionElements>{body}</bpmn:{tag}>
</bpmn:process></bpmn:definitions>"""
    return read_xml(xml.encode(), "process.bpmn").getroot()[0][0]


def test_everything_on_a_user_task():
    ext = read_extensions(
        node("""
    <yc:limit value="5" unit="workhour" warn="0.5"/><yc:clock mode="excluded" basis="《行政许可法》第四十五条"/>
    <yc:stage name="review"/><yc:milestone name="decided" result="granted"/>
    <yc:assign role="reviewer" org="parent" sameAs="accept" notSameAs="a  b"/><yc:form ref="review"/>
    <yc:outcome code="pass" name="通过"/><yc:outcome code="fail" name="不通过" opinion="required"/>
    <yc:notice template="acceptance"/><yc:notice template="special_time"/>
    <yc:notify to="applicant" template="accepted"/>
    <other:thing whatever="1"/>""")
    )
    assert ext.limit == Limit(5, Unit.WORKHOUR, 0.5)
    assert ext.clock == ClockRule(ClockMode.EXCLUDED, "《行政许可法》第四十五条", "agency")
    assert ext.stage == "review"
    assert ext.milestone == Milestone("decided", "granted")
    assert ext.assign == Assign("reviewer", "parent", "claim", ("accept",), ("a", "b"))
    assert ext.form == "review"
    assert ext.outcomes == (Outcome("pass", "通过"), Outcome("fail", "不通过", True))
    assert ext.notices == ("acceptance", "special_time")
    assert ext.notify == (Notify("applicant", "accepted"),)


def test_defaults_are_the_vocabulary_s():
    ext = read_extensions(node('<yc:limit value="3"/><yc:clock/><yc:assign role="applicant"/>'))
    assert ext.limit == Limit(3)
    assert ext.clock == ClockRule()
    assert ext.assign == Assign("applicant")
    assert read_extensions(node('<yc:assign role="r" org="=apply.town"/>')).assign == Assign("r", "=apply.town")
    assert read_extensions(node()) == read_extensions(node("<other:limit value='no'/>"))


@pytest.mark.parametrize(
    ("inner", "says"),
    [
        ('<yc:countersign pass="all"/>', "暂不支持"),
        ("<yc:handoff/>", "暂不支持"),
        ('<yc:assign role="r" policy="least-loaded"/>', "暂不支持"),
        ('<yc:assign role="r" policy="round-robin"/>', "暂不支持"),
        ('<yc:assign role="r" policy="random"/>', "policy"),
        ("<yc:assign/>", "role"),
        ('<yc:assign role="a b"/>', "role"),
        ('<yc:assign role="r" org=""/>', "org"),
        ('<yc:assign role="r" org="=apply."/>', "org"),
        ('<yc:assign role="r" org="=open(1)"/>', "org"),
        ('<yc:assign role="r" org="a:b"/>', "org"),
        ('<yc:assign role="r" sameAs="a,b"/>', "sameAs"),
        ("<yc:limmit value='1'/>", "没有 yc:limmit"),
        ("<yc:limit/>", "缺少属性 value"),
        ('<yc:limit value="0"/>', "value"),
        ('<yc:limit value="-1"/>', "value"),
        ('<yc:limit value="1.5"/>', "value"),
        ('<yc:limit value="100000"/>', "value"),
        ('<yc:limit value="٣"/>', "value"),
        ('<yc:limit value="1" unit="month"/>', "unit"),
        ('<yc:limit value="1" warn="1"/>', "warn"),
        ('<yc:limit value="1" warn="0.0"/>', "warn"),
        ('<yc:limit value="1" warn="nan"/>', "warn"),
        ('<yc:limit value="1" days="1"/>', "没有属性 days"),
        ('<yc:limit value="1"/><yc:limit value="2"/>', "只能有一个"),
        ('<yc:limit value="1">three days</yc:limit>', "不能有内容"),
        ('<yc:limit value="1"><yc:notice template="x"/></yc:limit>', "不能有内容"),
        ('<yc:clock mode="stops"/>', "mode"),
        ('<yc:clock basis=" "/>', "basis"),
        ('<yc:clock party="court"/>', "party"),
        ('<yc:stage name="begin"/>', "name"),
        ('<yc:milestone name="started"/>', "name"),
        ('<yc:milestone name="accepted" result="granted"/>', "result"),
        ('<yc:milestone name="decided" result="maybe"/>', "result"),
        ('<yc:form ref="../../etc/passwd"/>', "ref"),
        ('<yc:form ref="a.b"/>', "ref"),
        ('<yc:form ref="a&#10;"/>', None),
        ('<yc:notice template="/x"/>', "template"),
        ('<yc:notify to="mayor" template="x"/>', "to"),
        ('<yc:outcome name="通过"/>', "code"),
        ('<yc:outcome code="a-b" name="通过"/>', "code"),
        ('<yc:outcome code="a" name=""/>', "name"),
        ('<yc:outcome code="a" name="甲" opinion="maybe"/>', "opinion"),
        ('<yc:outcome code="a" name="甲"/><yc:outcome code="a" name="乙"/>', "重复"),
    ],
)
def test_what_the_vocabulary_does_not_have_is_refused_with_its_place(inner, says):
    if says is None:
        assert read_extensions(node(inner)).form == "a"
        return
    with pytest.raises(InvalidDefinition) as refused:
        read_extensions(node(inner))
    assert says in refused.value.message
    assert refused.value.place in ("process.bpmn:5 review", "process.bpmn:3 review")
    assert refused.value.problems == (f"{refused.value.place} {refused.value.message}",)


@pytest.mark.parametrize(
    ("tag", "inner"),
    [
        ("exclusiveGateway", '<yc:limit value="1"/>'),
        ("startEvent", '<yc:assign role="r"/>'),
        ("subProcess", '<yc:form ref="f"/>'),
        ("endEvent", '<yc:outcome code="a" name="b"/>'),
        ("boundaryEvent", '<yc:limit value="1"/>'),
        ("intermediateCatchEvent", '<yc:clock mode="suspends"/>'),
        ("intermediateThrowEvent", '<yc:stage name="accept"/>'),
        ("parallelGateway", '<yc:notice template="x"/>'),
        ("process", '<yc:milestone name="accepted"/>'),
    ],
)
def test_an_element_where_it_does_not_belong_is_refused(tag, inner):
    with pytest.raises(InvalidDefinition):
        read_extensions(node(inner, tag))


def test_a_limit_on_a_timer_event_is_its_span():
    ext = read_extensions(
        node('<yc:limit value="2" unit="day"/>', "boundaryEvent", body="<bpmn:timerEventDefinition/>")
    )
    assert ext.limit == Limit(2, Unit.DAY)


@pytest.mark.parametrize(
    ("attributes", "body"),
    [
        ('yc:limit="3"', ""),
        ("", '<yc:limit value="3"/>'),
        (
            "",
            '<bpmn:timerEventDefinition><bpmn:extensionElements><yc:limit value="3"/></bpmn:extensionElements>'
            "</bpmn:timerEventDefinition>",
        ),
    ],
)
def test_a_yc_word_outside_extension_elements_is_not_passed_over(attributes, body):
    with pytest.raises(InvalidDefinition) as refused:
        read_extensions(node("", "boundaryEvent", attributes, body))
    assert "review" in refused.value.place


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "'
    + b"ha" * 50
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><l>&j;</l>"
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"not xml",
        b"PK\x03\x04\x00\x00",
        b"\x00\xff\xfe",
        b"<a><b></a>",
        b"<a/><b/>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<!DOCTYPE a><a/>",
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a/>'.encode("utf-16"),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b"<a>&undefined;</a>",
        LAUGHS,
        LAUGHS.replace(b"<l>&j;</l>", b'<l k="&j;"/>'),
        b'<?xml-stylesheet href="x"?><a/>',
        b"<a><?php echo 1 ?></a>",
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
        b"<a>" * 100_000,
        b"<a>" + b"x" * (2 * 1024 * 1024) + b"</a>",
        b"<a b='1' b='2'/>",
    ],
    ids=range(21),
)
def test_unsafe_or_broken_xml_is_refused_in_chinese_with_the_file_s_name(content):
    with pytest.raises(InvalidDefinition) as refused:
        read_xml(content, "上传.bpmn")
    assert refused.value.place.startswith("上传.bpmn")
    assert any("一" <= letter <= "鿿" for letter in refused.value.message)


def test_a_syntax_error_names_its_line():
    with pytest.raises(InvalidDefinition) as refused:
        read_xml(b"<a>\n<b>\n</a>", "x.bpmn")
    assert refused.value.place == "x.bpmn:3"


def test_xml_as_editors_write_it_is_read():
    tree = read_xml(
        '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- 注释 -->\n<a id="甲"><b/></a>'.encode(), "一 窗.bpmn"
    )
    assert place_of(tree.getroot()) == "一 窗.bpmn:3 甲"
    assert place_of(tree.getroot()[0]) == "一 窗.bpmn:3 甲"
    assert (
        read_xml('<?xml version="1.0" encoding="GB18030"?><a name="受理"/>'.encode("gb18030"), "x")
        .getroot()
        .get("name")
        == "受理"
    )
    assert read_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, "x").getroot().tag == "a"
