"""An office to test in: organisations, people, a procedure with every kind of step, and an engine over them."""

from engine.calendar import WorkCalendar
from engine.clock import ManualClock
from engine.commands import ClaimTask, CompleteTask, SubmitCase
from engine.elements import Assign, ClockMode, ClockRule, Extensions, Limit, Milestone, Notify, Outcome, Unit
from engine.process import Node
from engine.records import Actor, Applicant, Definition, ItemFacts, Organisation
from engine.service import Engine
from tests.unit.engine.fakes import Calendars, Definitions, Directory, Move, ScriptedProcess, Store, at, calendar_2026

COUNTY, BUREAU, SECTION = "450721", "450721-spj", "450721-spj-tz"

ORGANISATIONS = (
    Organisation(COUNTY, "灵山县人民政府", None, "county", "450721", "灵政"),
    Organisation(BUREAU, "灵山县行政审批局", COUNTY, "county", "450721", "灵审"),
    Organisation(SECTION, "投资审批股", BUREAU, "section", "450721"),
)


def staff(name, *groups):
    return Actor(user_id=name, name=name, org=BUREAU, groups=frozenset(groups))


WINDOW = staff("陈窗", f"{BUREAU}:window")
REVIEWER = staff("黎审", f"{SECTION}:reviewer")
APPROVER = staff("韦批", f"{BUREAU}:approver")
SURVEYOR = staff("莫勘", f"{BUREAU}:surveyor")
#: holds every post: only the separation of duties stops him
ALLROUNDER = staff("全能", f"{BUREAU}:window", f"{SECTION}:reviewer", f"{BUREAU}:approver")
STRANGER = staff("路人", "450722-spj:window")
#: sits at the window beside the first one
SECOND_WINDOW = staff("农窗", f"{BUREAU}:window")
SUPERVISOR = staff("莫监", f"{COUNTY}:supervisor")
ADMINISTRATOR = Actor("admin", "管理员", "platform", frozenset({"platform:admin"}))
PEOPLE = (WINDOW, REVIEWER, APPROVER, SURVEYOR, ALLROUNDER, STRANGER, SECOND_WINDOW, SUPERVISOR, ADMINISTRATOR)
CITIZEN = Actor(user_id="u-guili", name="广西桂荔食品有限公司")
APPLICANT = Applicant("广西桂荔食品有限公司", "91450721MA5KXXXX0X", "13800000000", "organisation", user_id="u-guili")

LIMIT_3, LIMIT_15 = Limit(3), Limit(15)
ARTICLE_8 = "《固定资产投资项目节能审查办法》第八条"


def node(node_id, name, kind="userTask", **ext):
    return Node(node_id, name, kind, "scripted", Extensions(**ext))


def outcomes(*pairs):
    return tuple(Outcome(code, name, opinion_required=code in ("refused", "not_accepted")) for code, name in pairs)


NODES = (
    node("apply", "提出申请", "startEvent", form="apply", milestone=Milestone("submitted")),
    node(
        "accept",
        "受理",
        stage="accept",
        form="accept",
        limit=Limit(1),
        assign=Assign("window"),
        outcomes=outcomes(("accepted", "受理"), ("supplement", "一次告知补正"), ("not_accepted", "不予受理")),
    ),
    node("told", "告知补正", "intermediateThrowEvent", notices=("supplement",), notify=(Notify("applicant", "sms"),)),
    node("supplement", "补正", "callActivity", clock=ClockRule(ClockMode.SUSPENDS, "第三十二条", "applicant")),
    node("resubmit", "补交材料", assign=Assign("applicant")),
    node("lapse", "逾期未补正", "boundaryEvent", limit=LIMIT_15),
    node("lapsed", "视为撤回", "endEvent", milestone=Milestone("concluded", "lapsed")),
    node(
        "rejected",
        "不予受理",
        "endEvent",
        notices=("non_acceptance",),
        milestone=Milestone("concluded", "not_accepted"),
    ),
    node(
        "accepted",
        "已受理",
        "intermediateThrowEvent",
        milestone=Milestone("accepted"),
        notices=("acceptance",),
        notify=(Notify("applicant", "accepted"), Notify("assignee", "new_task"), Notify("supervisor", "registered")),
    ),
    node(
        "review",
        "审查",
        stage="review",
        limit=LIMIT_3,
        assign=Assign("reviewer", org=SECTION),
        outcomes=outcomes(("pass", "通过"), ("expert", "送专家评审")),
    ),
    node("sent", "送评审", "intermediateThrowEvent", notices=("special_time",)),
    node("expert", "机构评审", "callActivity", limit=LIMIT_15, clock=ClockRule(ClockMode.EXCLUDED, ARTICLE_8)),
    node("report", "评审意见", stage="special", assign=Assign("surveyor")),
    node(
        "decide",
        "决定",
        stage="decide",
        limit=Limit(8, Unit.WORKHOUR),
        assign=Assign("approver", not_same_as=("accept", "review")),
        outcomes=outcomes(("granted", "准予"), ("refused", "不予"), ("return", "退回审查")),
    ),
    node(
        "decided",
        "作出决定",
        "intermediateThrowEvent",
        milestone=Milestone("decided", "granted"),
        notices=("decision_granted",),
    ),
    node("deliver", "送达", stage="deliver", assign=Assign("window", same_as=("accept",))),
    node("end", "办结", "endEvent", milestone=Milestone("concluded")),
)

MOVES = {
    ("accept", "accepted"): Move(passes=["accepted"], enters=["review"]),
    ("accept", "supplement"): Move(passes=["told"], enters=["supplement", "resubmit", "lapse"]),
    ("accept", "not_accepted"): Move(passes=["rejected"]),
    ("resubmit", None): Move(passes=["supplement"], leaves=["lapse"], enters=["accept"]),
    ("lapse", "fire"): Move(passes=["lapsed"], leaves=["supplement", "resubmit"]),
    ("review", "pass"): Move(enters=["decide"]),
    ("review", "expert"): Move(passes=["sent"], enters=["expert", "report"]),
    ("report", None): Move(passes=["expert"], enters=["review"]),
    ("decide", "granted"): Move(passes=["decided"], enters=["deliver"]),
    ("decide", "return"): Move(enters=["review"]),
    ("deliver", None): Move(passes=["end"]),
}

ITEM = ItemFacts(
    key="lingshan-energy-review",
    code="11450721MB155808114000104002000",
    name="固定资产投资项目节能审查",
    type="行政许可",
    kind="承诺件",
    owner_org=BUREAU,
    promised=Limit(5),
    statutory=Limit(20),
    materials={"application": "申请书", "report": "节能报告"},
    remedies=("可以在六十日内申请行政复议。",),
    bases=("《中华人民共和国节约能源法》第十五条",),
    result_name="节能审查意见",
)

NOTICES = {
    "acceptance": ("受理通知书", "受"),
    "supplement": ("补正通知书", "补"),
    "non_acceptance": ("不予受理通知书", "不受"),
    "decision_granted": ("准予许可决定书", "准"),
    "special_time": ("特别程序告知书", "特"),
}


def definition(process=None, item=ITEM, definition_id="d" * 64, routes=None):
    process = process or ScriptedProcess(NODES, Move(enters=["accept"]), MOVES)
    routes = {"apply": frozenset({"coal"}), "accept": frozenset({"level"})} if routes is None else routes
    return Definition(definition_id, 1, item, process, routes, NOTICES)


class Office:
    """An engine in its office.  The clock stands at 14 September 2026, 15:26, until it is moved."""

    def __init__(self, *definitions: Definition, calendar: WorkCalendar | None = None, organisations=ORGANISATIONS):
        self.store = Store()
        self.store.tables.people = {one.user_id: one for one in PEOPLE}
        self.clock = ManualClock(at("2026-09-14 15:26"))
        self.calendar = calendar or calendar_2026()
        self.definitions = Definitions(*(definitions or (definition(),)))
        self.calendars = Calendars(self.calendar)
        self.engine = Engine(
            self.store, self.definitions, Directory(*organisations), self.calendars, self.clock, iter_ids()
        )

    @property
    def case(self):
        """The one case of the store."""
        (case,) = self.store.tables.cases.values()
        return case

    def at(self, moment):
        self.clock.set(at(moment))
        return self

    def submit(self, item_key=ITEM.key, actor=CITIZEN, applicant=APPLICANT, form=None, **more):
        command = SubmitCase(actor, item_key, applicant, form if form is not None else {"coal": 1200}, **more)
        return self.engine.execute(command)

    def claim(self, actor, name, **more):
        return self.engine.execute(ClaimTask(actor, self.store.task(name).task_id, **more))

    def complete(self, actor, name, outcome=None, **more):
        return self.engine.execute(CompleteTask(actor, self.store.task(name).task_id, outcome, **more))

    def do(self, command, actor, *args, **more):
        """Carry out any other command."""
        return self.engine.execute(command(actor, *args, **more))

    def last(self, kind):
        """The case's latest history entry of this kind."""
        return [entry for entry in self.store.history_of(self.case.case_no) if entry.kind == kind][-1]

    def dismiss(self, person):
        """The account is closed."""
        self.store.tables.people = {key: one for key, one in self.store.tables.people.items() if key != person.user_id}

    def kinds(self):
        """What the case's history tells, in order."""
        return [entry.kind for entry in self.store.history_of(self.case.case_no)]


def iter_ids():
    """Ids that count up, so that they can be told apart."""
    count = iter(range(1, 10_000))
    return lambda: f"{next(count):032x}"
