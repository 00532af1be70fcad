"""Audit a manifest: listen to every recording and name what would spoil training or scores."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pandas as pd

from serkit.corpora.checks import CHECKS, Finding
from serkit.corpora.facts import measure_clips
from serkit.corpora.manifest import order_columns, validate_manifest
from serkit.errors import CorpusError
from serkit.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)


class Kind(NamedTuple):
    """A kind of finding.

    Attributes
    ----------
    meaning : str
        What it says about the clips.
    drops : {"all", "repeats", "none"}
        Which of its clips are left out unless told otherwise: all, all but the first, or none.
    """

    meaning: str
    drops: Literal["all", "repeats", "none"]


KINDS: dict[str, Kind] = {
    "missing": Kind("there is no such file", "all"),
    "lfs-pointer": Kind("a Git LFS pointer instead of the recording", "all"),
    "truncated": Kind("the recording is cut off or damaged", "all"),
    "unreadable": Kind("the file cannot be read as audio", "all"),
    "silent": Kind("digital silence", "all"),
    "conflict": Kind("the same audio under different labels", "all"),
    "duplicate": Kind("the same audio again", "repeats"),
    "clipping": Kind("samples touch full scale", "none"),
    "stereo": Kind("more than one channel", "none"),
    "odd-rate": Kind("another sampling rate than most of the corpus", "none"),
    "level": Kind("clips differ widely in loudness", "none"),
    "count": Kind("another number of clips than published", "none"),
    "speaker": Kind("speakers are missing", "none"),
}


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What an audit found.

    Attributes
    ----------
    manifest : DataFrame
        The manifest that was audited.
    facts : DataFrame
        What was measured, one row per row of the manifest; its columns are those of `ClipFacts`.
    findings : tuple of Finding
        What is wrong or worth knowing, the gravest first.
    """

    manifest: pd.DataFrame
    facts: pd.DataFrame
    findings: tuple[Finding, ...]

    def table(self) -> pd.DataFrame:
        """Return the findings, one per row: kind, corpus, number of clips, detail."""
        rows = [(f.kind, f.corpus, len(f.rows), f.detail) for f in self.findings]
        return pd.DataFrame(rows, columns=["kind", "corpus", "clips", "detail"])

    def to_json(self) -> str:
        """Return the findings with the files that each one names, as JSON."""
        files = self.manifest["file"].tolist()
        corpora = self.manifest["corpus"].value_counts(sort=False).to_dict()
        findings = [_finding_as_dict(finding, files) for finding in self.findings]
        return json.dumps({"clips": corpora, "findings": findings}, indent=2, ensure_ascii=False)

    def write(self, path: Path | str) -> None:
        """Write `to_json` to a file, atomically."""
        write_text(path, self.to_json() + "\n")

    def apply(self, *, keep: Iterable[str] = (), drop: Iterable[str] = ()) -> pd.DataFrame:
        """Leave out the clips that must not be learnt from, and log which.

        Parameters
        ----------
        keep : iterable of str
            Kinds of finding whose clips stay although `KINDS` drops them.
        drop : iterable of str
            Further kinds whose clips go, e.g. "clipping".

        Returns
        -------
        DataFrame
            The rest of the manifest, with columns `duration` and `content`.

        Raises
        ------
        CorpusError
            If there is no such kind, or no clip is left.
        """
        kinds = _kinds_to_drop(set(keep), set(drop))
        dropped = {
            row for finding in self.findings if finding.kind in kinds for row in _rows_to_drop(finding)
        }
        self._tell(kinds)
        content = self.facts["content"].where(self.facts["content"] != "")
        measured = self.manifest.reset_index(drop=True).assign(
            duration=self.facts["duration"], content=content
        )
        rest = measured.drop(index=list(dropped))
        if rest.empty:
            reasons = "; ".join(f.detail for f in self.findings if f.kind in kinds)
            raise CorpusError(
                f"audit: not a single clip can be used: {reasons}", hint="fetch the corpus again"
            )
        return order_columns(rest)

    def _tell(self, kinds: set[str]) -> None:
        for finding in self.findings:
            if finding.kind in kinds:
                count = len(_rows_to_drop(finding))
                _log.warning(
                    "%s: left out %s: %s", finding.corpus, f"{count:,} ({finding.kind})", finding.detail
                )


def _kinds_to_drop(keep: set[str], drop: set[str]) -> set[str]:
    unknown = sorted((keep | drop) - KINDS.keys())
    if unknown:
        raise CorpusError(f"{unknown[0]}: no such kind of finding", hint=f"there are {', '.join(KINDS)}")
    return ({name for name, kind in KINDS.items() if kind.drops != "none"} - keep) | drop


def _rows_to_drop(finding: Finding) -> tuple[int, ...]:
    return finding.rows[1:] if KINDS[finding.kind].drops == "repeats" else finding.rows


def _finding_as_dict(finding: Finding, files: list[str]) -> dict[str, Any]:
    clips = [
        {"file": files[row], "remark": remark}
        for row, remark in zip(finding.rows, finding.remarks, strict=True)
    ]
    return {"kind": finding.kind, "corpus": finding.corpus, "detail": finding.detail, "clips": clips}


def audit_manifest(
    manifest: pd.DataFrame, *, cache: Path | str | None = None, workers: int = 1, progress: bool = False
) -> AuditReport:
    """Listen to every clip of a manifest and report what is wrong.

    Parameters
    ----------
    manifest : DataFrame
        A valid manifest.
    cache : Path or str, optional
        File that keeps what was measured, so that the next audit only opens recordings that changed.
    workers : int, default 1
        How many clips to listen to at once.
    progress : bool, default False
        Whether to show a progress bar on a terminal.

    Returns
    -------
    AuditReport
        The findings; `KINDS` lists their kinds.

    Raises
    ------
    ManifestError
        If the manifest breaks its schema.
    """
    validate_manifest(manifest)
    facts = measure_clips(manifest, cache=cache, workers=workers, progress=progress)
    clips = manifest.reset_index(drop=True).drop(columns=facts.columns, errors="ignore").join(facts)
    findings = [finding for check in CHECKS for finding in check(clips)]
    gravity = list(KINDS)
    return AuditReport(manifest, facts, tuple(sorted(findings, key=lambda f: gravity.index(f.kind))))
