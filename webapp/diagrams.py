"""What the diagram viewer marks: the steps done and the current ones, also those drawn in a called process."""

from __future__ import annotations

from dataclasses import dataclass

from engine.process import Process
from engine.records import TaskStatus
from engine.views import CaseView

#: history entries whose node has been passed
_PASSED = frozenset(
    {"task_completed", "milestone_reached", "notice_issued", "span_ended", "timer_fired", "message_received"}
)


@dataclass(frozen=True, slots=True)
class Marks:
    """Node references for the viewer: ``node``, or ``process/node`` for a node of a called process."""

    current: tuple[str, ...]
    done: tuple[str, ...]


def marks(view: CaseView, process: Process) -> Marks:
    """Where the case stands in its diagram."""
    waiting = [task.node_id for task in view.tasks if task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)]
    open_spans = [span.node_id for span in view.spans if span.ended_at is None]
    passed = [e.node_id for e in view.history if e.kind in _PASSED and e.node_id]
    current = list(dict.fromkeys([*waiting, *open_spans]))
    done = [process.start_node.id, *(node for node in passed if node not in current)]
    return Marks(references(current, process), references(list(dict.fromkeys(done)), process))


def references(node_ids: list[str], process: Process) -> tuple[str, ...]:
    """The nodes as the viewer names them, each once; those that the definition does not know are left out."""
    nodes = (process.nodes[node_id] for node_id in node_ids if node_id in process.nodes)
    main = process.start_node.process_id
    return tuple(dict.fromkeys(n.id if n.process_id == main else f"{n.process_id}/{n.id}" for n in nodes))
