"""Prove a package before it is published: one rule, one file (see :mod:`processes.lint.rules`)."""

from processes.lint.output import format_json, format_text
from processes.lint.run import lint, lint_files, prove_folder
from processes.problems import Problem, Severity

__all__ = ["Problem", "Severity", "format_json", "format_text", "lint", "lint_files", "prove_folder"]
