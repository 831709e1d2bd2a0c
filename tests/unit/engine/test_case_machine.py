"""Random acts of everybody on a few cases, right and wrong ones; see case_machine.py."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine

from tests.unit.engine.case_machine import (
    CaseRules,
    ClaimRules,
    CompletionRules,
    Ground,
    MessageRules,
    TimeRules,
)


class EveryAct(CaseRules, ClaimRules, CompletionRules, TimeRules, MessageRules, Ground, RuleBasedStateMachine):
    """All operations there are."""


TestEveryAct = EveryAct.TestCase
TestEveryAct.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
