"""SpiffWorkflow behind the protocols of :mod:`engine.process`; the only package that imports it."""
