"""How grave the breach of each rule is: an error keeps a package from being published, a warning is shown."""

from __future__ import annotations

from collections.abc import Mapping

from processes.problems import Severity

_ERRORS = (
    "boundary call-cycle called-process condition-names condition-place condition-syntax"
    " condition-values dead-end duplicate-id flow-ends gateway-conditions gateway-default implicit-split item-identity"
    " layout message-deadline milestones outcomes-handled refusal-notice start-event task-assign task-limit"
    " task-outcomes timer unknown-form unknown-message unknown-notice unknown-organisation unknown-role unknown-task"
    " unreachable"
    " unsupported-element"
)
_WARNINGS = "accept-decide-separation materials-catch-all names outcome-unused task-limit-unpublished unused-file"

SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(_ERRORS.split(), Severity.ERROR),
    **dict.fromkeys(_WARNINGS.split(), Severity.WARNING),
}
