"""The read models of :mod:`engine.views`, each answered from indexes and without engine state."""
