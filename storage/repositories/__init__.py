"""The repositories of :mod:`engine.ports`: each a few explicit statements on the unit of work's connection.

Who changes a case holds the lock on its row first; everything else that belongs to the case is safe behind it.  Every
transaction takes that lock before any other, so two of them cannot wait for each other.
"""
