"""Published packages, parsed and cached by content hash."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from engine.errors import UnknownDefinition, UnknownItem
from engine.records import Definition
from engine.views import DefinitionStore
from processes.package import Package

#: versions kept parsed; a version takes about a megabyte, most of it the engine's specification
CACHE_SIZE = 256


class Packages(Protocol):
    """Port: the parsed package of a published version (guide, forms, diagram, notices)."""

    def get(self, definition_id: str) -> Package:
        """UnknownDefinition when there is none."""


class PackageCatalog:
    """Answers :class:`Packages` out of a store."""

    def __init__(self, store: DefinitionStore, size: int = CACHE_SIZE) -> None:
        self._store = store
        # lru_cache is safe between threads, keeps no failures, and at worst reads a version twice
        self._cached = lru_cache(maxsize=size)(self._read)

    def get(self, definition_id: str) -> Package:
        """The package with this content hash; UnknownDefinition when there is none."""
        return self._cached(definition_id)

    def _read(self, definition_id: str) -> Package:
        files = self._store.files(definition_id)
        if files is None:
            raise UnknownDefinition(place=definition_id)
        return Package.from_files(files)


class Catalog:
    """Answers :class:`engine.ports.Definitions` out of a store; :attr:`packages` answers :class:`Packages`."""

    def __init__(self, store: DefinitionStore, size: int = CACHE_SIZE) -> None:
        self._store = store
        self.packages = PackageCatalog(store, size)
        self._cached = lru_cache(maxsize=size)(self._compile)

    def get(self, definition_id: str) -> Definition:
        """The version with this content hash; UnknownDefinition when there is none."""
        return self._cached(definition_id)

    def current(self, item_key: str) -> Definition:
        """The version in force; UnknownItem when there is none."""
        definition_id = self._store.current(item_key)
        if definition_id is None:
            raise UnknownItem(place=item_key)
        return self.get(definition_id)

    def _compile(self, definition_id: str) -> Definition:
        version = self._store.version(definition_id)
        if version is None:
            raise UnknownDefinition(place=definition_id)
        return self.packages.get(definition_id).compile(version[1])
