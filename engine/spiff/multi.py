"""Multi-instance activities (BPMN 2.0.2, 13.3.7).

Each instance works in its own scope: it reads everything, and what its nodes write stays there until it completes, so
that instances running side by side do not see each other's half-finished work.  ``loopDataInputRef`` is an expression
for a list, ``inputDataItem`` names its element inside the instance, ``outputDataItem`` is an expression over what the
instance sees at its end, and ``loopDataOutputRef`` names the list of those values, in the order of the instances.

The stock classes connect handlers to the shared spec while a case runs and forget them on a restart; these keep
everything in the task.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from engine.errors import ProcessFault
from engine.spiff.nodes import Activity, InstanceHolder

#: instances of one activity
MAX_INSTANCES = 50
#: instances opened in one act, those inside each other included
MAX_OPENED = 500


class MultiInstance(InstanceHolder, Activity, BpmnSpecMixin):
    """The activity as a whole; its instances are its children in the task tree."""

    sequential = False

    def __init__(
        self,
        wf_spec: Any,
        bpmn_id: str,
        task_spec: str,
        cardinality: str | None = None,
        data_input: Any = None,
        data_output: Any = None,
        input_item: Any = None,
        output_item: Any = None,
        condition: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.task_spec = task_spec
        self.cardinality = cardinality
        self.items = None if data_input is None else data_input.bpmn_id
        self.item = None if input_item is None else input_item.bpmn_name or input_item.bpmn_id
        self.results = None if data_output is None else data_output.bpmn_id
        self.result = None if output_item is None else output_item.bpmn_name or output_item.bpmn_id
        self.condition = condition

    def _update_hook(self, my_task: Any) -> bool:
        items = self._read_items(my_task)
        my_task._set_internal_data(items=items, opened=0, done=0, results=[])
        if not items:
            self._hand_back(my_task)
            return True
        my_task._set_state(TaskState.STARTED)
        for _ in items[:1] if self.sequential else items:
            self._open_next(my_task)
        return False

    def _read_items(self, my_task: Any) -> list[Any]:
        """One element per instance: the input collection's, or the instance's number from 0."""
        engine = my_task.workflow.script_engine
        if self.items is not None:
            items = engine.evaluate(my_task, self.items)
            items = [] if items is None else items
            if not isinstance(items, list):
                raise ProcessFault(f"多实例的集合“{self.items}”不是列表。", place=self.name)
        else:
            number = engine.evaluate(my_task, self.cardinality)
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_INSTANCES:
                raise ProcessFault(f"多实例的个数应为 0 到 {MAX_INSTANCES} 的整数。", place=self.name)
            items = list(range(number))
        if len(items) > MAX_INSTANCES:
            raise ProcessFault(f"多实例超过 {MAX_INSTANCES} 个。", place=self.name)
        return list(items)

    def _open_next(self, my_task: Any) -> None:
        case = my_task.workflow.top_workflow
        case.opened += 1
        if case.opened > MAX_OPENED:
            raise ProcessFault(f"一步之内打开的多实例环节超过 {MAX_OPENED} 个。", place=self.name)
        index = my_task.internal_data["opened"]
        my_task.internal_data["opened"] = index + 1
        instance = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec], TaskState.WAITING)
        instance._set_internal_data(index=index)
        own: dict[str, Any] = {"loopCounter": index + 1}
        if self.item is not None:
            own[self.item] = my_task.internal_data["items"][index]
        case.open_scope(instance, own)
        instance.task_spec._update(instance)

    def instance_done(self, my_task: Any, instance: Any) -> None:
        """Take the instance's result; end the activity when that was the last or the completion condition holds."""
        mine = my_task.internal_data
        mine["done"] += 1
        if self.result is not None:
            value = my_task.workflow.script_engine.evaluate(instance, self.result)
            mine["results"].append([instance.internal_data["index"], value])
        over = mine["done"] == len(mine["items"]) or self._is_enough(my_task, instance)
        my_task.workflow.top_workflow.close_scope(instance)
        if over:
            for other in my_task.children:
                if other.has_state(TaskState.NOT_FINISHED_MASK):
                    other.cancel()
            self._hand_back(my_task)
            my_task._set_state(TaskState.READY)
        elif self.sequential:
            self._open_next(my_task)

    def _is_enough(self, my_task: Any, instance: Any) -> bool:
        if self.condition is None:
            return False
        mine = my_task.internal_data
        numbers = {
            "numberOfInstances": len(mine["items"]),
            "numberOfCompletedInstances": mine["done"],
            "numberOfActiveInstances": mine["opened"] - mine["done"],
        }
        return bool(my_task.workflow.script_engine.holds(instance, self.condition, numbers))

    def _hand_back(self, my_task: Any) -> None:
        if self.results is not None:
            collected = [value for _, value in sorted(my_task.internal_data["results"], key=lambda pair: int(pair[0]))]
            my_task.workflow.top_workflow.put(my_task, self.results, collected)


class ParallelMultiInstance(MultiInstance):
    """All instances at once."""


class SequentialMultiInstance(MultiInstance):
    """One instance after the other."""

    sequential = True
