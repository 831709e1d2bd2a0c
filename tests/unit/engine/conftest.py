"""Cases driven by node id, once kept in memory and once stored and loaded after every single step."""

from __future__ import annotations

import pytest

from engine.process import Kind
from engine.spiff import parse


class Case:
    """A run that tests speak to in node ids."""

    def __init__(self, process, stored):
        self._process = process
        self._stored = stored
        self.passed = []
        self.run = None

    def start(self, **data):
        self._keep(self._process.start(data))
        return self

    def do(self, node, outcome=None, instance=None, **fields):
        """Complete the user task ``node``."""
        ref = self.ref(node, Kind.USER, instance)
        values = dict(fields) if outcome is None else {"outcome": outcome, **fields}
        before = len(self.run.passed())
        self.run.complete(ref, {node: values})
        self._keep(self.run, before)
        return self

    def fire(self, node):
        """Let the timer ``node`` fire."""
        before = len(self.run.passed())
        self.run.fire(self.ref(node, Kind.TIMER))
        self._keep(self.run, before)
        return self

    def deliver(self, node, **fields):
        """Bring the message that ``node`` waits for."""
        before = len(self.run.passed())
        self.run.deliver(self.ref(node, Kind.MESSAGE), {node: fields})
        self._keep(self.run, before)
        return self

    def ref(self, node, kind, instance=None):
        found = [w.ref for w in self.run.waiting() if w.node.id == node and w.kind is kind]
        if instance is not None:
            found = [w.ref for w in self.run.waiting() if (w.node.id, w.kind, w.instance) == (node, kind, instance)]
        assert found, (node, self.waiting())
        return found[0]

    def waiting(self, kind=Kind.USER):
        return [w.node.id for w in self.run.waiting() if w.kind is kind]

    @property
    def path(self):
        return " ".join(self.passed)

    @property
    def timers(self):
        return self.waiting(Kind.TIMER)

    @property
    def messages(self):
        return self.waiting(Kind.MESSAGE)

    @property
    def signals(self):
        return self.waiting(Kind.SIGNAL)

    @property
    def scopes(self):
        return self.waiting(Kind.SCOPE)

    @property
    def data(self):
        return dict(self.run.waiting()[0].data)

    def _keep(self, run, before=0):
        self.passed += [p.node.id for p in run.passed()[before:]]
        if self._stored:
            state = run.dump()
            run = self._process.load(state)
            assert run.dump() == state
            assert not run.passed()
        self.run = run


@pytest.fixture(params=["memory", "stored"])
def case(request):
    """``case(main, called_id=bpmn)``: a :class:`Case` of a new definition, not yet started."""

    def make(main, **called):
        return Case(parse(main, called), request.param == "stored")

    return make
