"""What an audit looks for: each check takes the measured clips and yields findings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from serkit.corpora.acted import CORPORA, Corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Check = Callable[[pd.DataFrame], Iterator["Finding"]]

# Loudest against quietest clip of a corpus, dB: from here on, the level tells recordings apart.
_WIDE_LEVEL_DB = 20.0
_MOST_NAMES = 3


@dataclass(frozen=True)
class Finding:
    """One thing that an audit found.

    Attributes
    ----------
    kind : str
        Key of `KINDS`.
    corpus : str
        The corpus it is about.
    detail : str
        What was found, in words.
    rows : tuple of int
        Positions of its clips in the manifest.
    remarks : tuple of str
        What is to be said about each of these clips.
    """

    kind: str
    corpus: str
    detail: str
    rows: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()


def _problems(clips: pd.DataFrame) -> Iterator[Finding]:
    """Files that cannot be read, by reason."""
    broken = clips[clips["problem"] != ""]
    for (corpus, kind), group in broken.groupby(["corpus", "problem"], sort=False):
        yield _about(str(kind), str(corpus), group, _names(group), group["message"])


def _silence(clips: pd.DataFrame) -> Iterator[Finding]:
    silent = clips[(clips["problem"] == "") & clips["level_db"].isna()]
    for corpus, group in silent.groupby("corpus", sort=False):
        yield _about("silent", str(corpus), group, _names(group), group["duration"].map("{:.2f} s".format))


def _same_audio(clips: pd.DataFrame) -> Iterator[Finding]:
    """Clips with the same samples. Silence is always the same and a finding of its own."""
    audible = clips[clips["level_db"].notna()]
    repeated = audible[audible["content"].duplicated(keep=False)]
    for _, group in repeated.groupby("content", sort=False):
        kind = "conflict" if group["emotion"].nunique() > 1 else "duplicate"
        yield _about(kind, _joined(group["corpus"]), group, _likeness(group), group["emotion"])


def _likeness(group: pd.DataFrame) -> str:
    how = "byte for byte the same" if group["file_sha256"].nunique() == 1 else "the same samples"
    labels = f"labelled {_joined(group['emotion'])}"
    speakers = (
        (group["corpus"] + "/" + group["speaker"]).dropna() if "speaker" in group else pd.Series(dtype=str)
    )
    voices = f", spoken by {_joined(speakers)}" if speakers.nunique() > 1 else ""
    return f"{_names(group)}: {how}, {labels}{voices}"


def _clipping(clips: pd.DataFrame) -> Iterator[Finding]:
    for corpus, group in clips.groupby("corpus", sort=False):
        clipped = group[group["clipped"] > 0].sort_values("clipped", ascending=False)
        if len(clipped):
            worst = clipped.iloc[0]
            most = f"the most in {_name(worst['file'])}, {worst['clipped']:.2%} of its samples"
            detail = f"{len(clipped):,} of {len(group):,} clips, {most}"
            yield _about("clipping", str(corpus), clipped, detail, clipped["clipped"].map("{:.3%}".format))


def _stereo(clips: pd.DataFrame) -> Iterator[Finding]:
    for corpus, group in clips[clips["channels"] > 1].groupby("corpus", sort=False):
        yield _about(
            "stereo", str(corpus), group, _names(group), group["channels"].map("{:.0f} channels".format)
        )


def _odd_rates(clips: pd.DataFrame) -> Iterator[Finding]:
    for corpus, group in clips.dropna(subset="sampling_rate").groupby("corpus", sort=False):
        usual = group["sampling_rate"].mode().iloc[0]
        odd = group[group["sampling_rate"] != usual]
        if len(odd):
            detail = f"{_names(odd)}: not {usual:,.0f} Hz as most"
            yield _about("odd-rate", str(corpus), odd, detail, odd["sampling_rate"].map("{:,.0f} Hz".format))


def _levels(clips: pd.DataFrame) -> Iterator[Finding]:
    for corpus, group in clips.dropna(subset="level_db").groupby("corpus", sort=False):
        ends = group.sort_values("level_db").iloc[[0, -1]]
        quiet, loud = ends["level_db"]
        if loud - quiet >= _WIDE_LEVEL_DB:
            places = " to ".join(f"{_name(c.file)} ({c.level_db:.1f} dB)" for c in ends.itertuples())
            detail = f"{loud - quiet:.1f} dB from {places}"
            yield _about("level", str(corpus), ends, detail, ends["level_db"].map("{:.1f} dB".format))


def _published(clips: pd.DataFrame) -> Iterator[Finding]:
    """Compare with the published counts and speakers, where they are known."""
    for name, group in clips.groupby("corpus", sort=False):
        corpus = CORPORA.get(str(name))
        if corpus is not None:
            yield from _counts(corpus, group)
            yield from _speakers(corpus, group)


def _counts(corpus: Corpus, group: pd.DataFrame) -> Iterator[Finding]:
    channels = group["channel"] if "channel" in group else pd.Series("speech", group.index)
    for channel, part in group.groupby(channels):
        published = corpus.counts.get(str(channel), {})
        wrong = _differences(part["emotion"], published)
        if wrong:
            total = f"{len(part):,} {channel} clips instead of {sum(published.values()):,}"
            yield Finding("count", corpus.name, f"{total}: {wrong}")


def _speakers(corpus: Corpus, group: pd.DataFrame) -> Iterator[Finding]:
    """Speakers that are missing, and those with another number of clips of speech."""
    if "speaker" not in group:
        return
    spoken = group[group["channel"] == "speech"] if "channel" in group else group
    found = set(spoken["speaker"])
    missing = [speaker for speaker in corpus.speakers if speaker not in found]
    if missing:
        detail = f"{len(missing)} of {len(corpus.speakers)} speakers: {', '.join(missing)}"
        yield Finding("speaker", corpus.name, detail)
    published = {speaker: facts.clips for speaker, facts in corpus.speakers.items() if speaker in found}
    wrong = _differences(spoken["speaker"], published)
    if wrong:
        yield Finding("count", corpus.name, f"speakers with another number of clips: {wrong}")


def _differences(values: pd.Series[str], published: dict[str, int]) -> str:
    found = {str(value): int(count) for value, count in values.value_counts().items()}
    names = sorted(found.keys() | published.keys())
    pairs = ((name, found.get(name, 0), published.get(name, 0)) for name in names)
    return ", ".join(f"{name} {here:,} of {there:,}" for name, here, there in pairs if here != there)


def _about(kind: str, corpus: str, group: pd.DataFrame, detail: str, remarks: Iterable[str]) -> Finding:
    return Finding(kind, corpus, detail, tuple(int(row) for row in group.index), tuple(remarks))


def _name(file: object) -> str:
    return Path(str(file)).name


def _names(group: pd.DataFrame) -> str:
    shown = ", ".join(map(_name, group["file"].head(_MOST_NAMES)))
    more = len(group) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _joined(values: pd.Series[str]) -> str:
    return " and ".join(values.unique())


CHECKS: tuple[Check, ...] = (
    _problems,
    _silence,
    _same_audio,
    _clipping,
    _stereo,
    _odd_rates,
    _levels,
    _published,
)
