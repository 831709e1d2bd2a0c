"""SpiffWorkflow behind the protocols of :mod:`engine.process`; the only package that imports it."""

from engine.spiff.parser import parse
from engine.spiff.run import SpiffProcess, SpiffRun

__all__ = ["SpiffProcess", "SpiffRun", "parse"]
