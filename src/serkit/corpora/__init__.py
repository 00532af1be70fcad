"""Corpora: from folders and tables of recordings to one checked manifest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from serkit.errors import MissingDependencyError

if TYPE_CHECKING:
    from serkit.corpora.acted import CORPORA, Corpus, Speaker, find_corpus
    from serkit.corpora.annotated import scan_folders, scan_table
    from serkit.corpora.audit import KINDS, AuditReport, audit_manifest
    from serkit.corpora.checks import Finding
    from serkit.corpora.download import download_corpus
    from serkit.corpora.manifest import SCHEMA, Column, read_manifest, validate_manifest, write_manifest
    from serkit.corpora.scan import scan_corpus
    from serkit.corpora.sources import default_cache, parse_sources, scan_corpora
    from serkit.corpora.votes import add_votes

__all__ = [
    "CORPORA",
    "KINDS",
    "SCHEMA",
    "AuditReport",
    "Column",
    "Corpus",
    "Finding",
    "Speaker",
    "add_votes",
    "audit_manifest",
    "default_cache",
    "download_corpus",
    "find_corpus",
    "parse_sources",
    "read_manifest",
    "scan_corpora",
    "scan_corpus",
    "scan_folders",
    "scan_table",
    "validate_manifest",
    "write_manifest",
]

_HOMES = {
    "acted": ("CORPORA", "Corpus", "Speaker", "find_corpus"),
    "annotated": ("scan_folders", "scan_table"),
    "audit": ("KINDS", "AuditReport", "audit_manifest"),
    "checks": ("Finding",),
    "download": ("download_corpus",),
    "manifest": ("SCHEMA", "Column", "read_manifest", "validate_manifest", "write_manifest"),
    "scan": ("scan_corpus",),
    "sources": ("default_cache", "parse_sources", "scan_corpora"),
    "votes": ("add_votes",),
}


def __getattr__(name: str) -> Any:
    # Loaded on first use: what is known about the corpora needs no pandas, and the command line starts fast.
    for home, names in _HOMES.items():
        if name in names:
            return getattr(_load(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _load(home: str) -> Any:
    try:
        return import_module(f"{__name__}.{home}")
    except ModuleNotFoundError as error:
        if error.name not in {"pandas", "pyarrow"}:
            raise
        raise MissingDependencyError(
            f"serkit.corpora: needs {error.name}", hint="pip install 'serkit[train]'"
        ) from error
