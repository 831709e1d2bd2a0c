"""The execution core: cases, tasks, commands, clocks, assignment.

Knows neither Flask nor SQLAlchemy nor APScheduler; what it needs from outside it asks for through the protocols in
:mod:`engine.ports`.  Only :mod:`engine.spiff` imports SpiffWorkflow.
"""
