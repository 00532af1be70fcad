"""The model card: what a saved model is for, what it must not be used for, how well it does.

The sections follow the model cards of Mitchell et al. [1]_.

References
----------
.. [1] Mitchell, M. et al. (2019). Model cards for model reporting. Proceedings of the Conference on Fairness,
   Accountability, and Transparency, 220-229.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.bundle import BundleInfo
    from serkit.bundle_info import Loss

_INTENDED_USE = """\
Research, teaching, and tools in which people choose to have their own or published speech described and
in which a wrong answer harms nobody: exploring recordings, sorting an archive, prototypes, games,
comparing methods."""

_NOT_FOR = """\
This model must not be used to decide about people. Among what that rules out:

- hiring, promotion or dismissal
- policing, courts, border control or lie detection
- insurance, credit or pricing
- diagnosis or monitoring of health
- watching the emotions of people at work, at school or in public
- any use without the knowledge and consent of those who speak"""

_WHAT_IT_HEARS = """\
The model hears how an emotion was *performed*: most of its training recordings are acted, one sentence
at a time, on request. Acted emotion is not felt emotion, and a voice does not show what a person feels.
An answer says which of the training categories a recording sounds most like, no more. Voices, languages,
accents, ages, microphones and rooms that the training data lack are judged worse; probabilities are
calibrated for speech like the training data."""

_RESTRICTED = re.compile(r"\bNC\b|non-commercial|research only")
_NON_COMMERCIAL = """\
**Not for commercial use**, as far as its training data are concerned: {corpora} may be used for research or
other non-commercial purposes only. Train without them if you need more."""

ROBUSTNESS_NOTE = (
    "First row: UAR of the recordings as they are, %. Others: points lost where they are altered."
)
_LIMITS = (
    "It always answers with one of its labels, also where no emotion or another one is there.",
    "Recordings of a kind that its training data lack (microphone, room, language, way of speaking) are "
    "heard far worse than these scores say, most of them as one emotion. A dozen of them, without labels, "
    "bring much of it back: `serkit adapt --unlabelled`.",
    "Music, noise, several voices at once and synthetic speech are outside what it was made for.",
)


def model_card(info: BundleInfo) -> str:
    """Write the model card of a bundle.

    Parameters
    ----------
    info : BundleInfo
        Description of the bundle.

    Returns
    -------
    str
        Markdown text.

    Examples
    --------
    >>> from serkit.bundle import BundleInfo
    >>> info = BundleInfo(name="toy", labels=("happy", "sad"), front_end={"blocks": [{"name": "rms"}]})
    >>> model_card(info).splitlines()[0]
    '# toy'
    """
    sections = {
        "Intended use": _INTENDED_USE,
        "Must not be used for": _NOT_FOR,
        "What it hears": _WHAT_IT_HEARS,
        "Training data": _training_data(info),
        "Scores": _scores(info),
        **({"Robustness": _robustness(info.robustness)} if info.robustness else {}),
        "Limits": _bullets((*info.limits, *_LIMITS)),
        "Input and output": _input_and_output(info),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return "\n\n".join(filter(None, [f"# {info.name}", info.summary, body])) + "\n"


def _training_data(info: BundleInfo) -> str:
    if not info.corpora:
        return "Not recorded."
    header = ("Corpus", "Recordings", "Speakers", "Language", "Licence")
    rows = [
        (c.name, f"{c.recordings:,}", f"{c.speakers:,}", c.language or "–", c.licence) for c in info.corpora
    ]
    remarks = ["The recordings themselves are not part of the model."]
    restricted = [c.name for c in info.corpora if _RESTRICTED.search(c.licence)]
    if restricted:
        remarks.append(_NON_COMMERCIAL.format(corpora=", ".join(restricted)))
    if info.licence:
        remarks.append(f"Licence of the model: {info.licence}.")
    return "\n\n".join([_table(header, rows), *remarks])


def _scores(info: BundleInfo) -> str:
    if not info.scores:
        return "Not measured."
    header = ("Measured on", "Metric", "Score", "95 % interval", "Recordings", "Speakers")
    rows = [
        (
            s.measured_on,
            s.metric,
            f"{s.value:.3f}",
            f"{s.low:.3f}–{s.high:.3f}",
            f"{s.recordings:,}",
            f"{s.speakers:,}",
        )
        for s in info.scores
    ]
    return _table(header, rows)


def _robustness(losses: Sequence[Loss]) -> str:
    header, rows = robustness_cells(losses)
    return f"{ROBUSTNESS_NOTE}\n\n{_table(header, rows)}"


def robustness_cells(losses: Sequence[Loss]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return header and rows of a table: a row for each condition, a column for each corpus.

    Parameters
    ----------
    losses : sequence of Loss
        Each condition once for each corpus, recordings as they are first.

    Examples
    --------
    >>> from serkit.bundle_info import Loss
    >>> clean = Loss(corpus="savee", condition="as it is", uar=0.7, lost=0.0, recordings=60)
    >>> noise = Loss(corpus="savee", condition="noise", uar=0.65, lost=0.05, recordings=60)
    >>> robustness_cells([clean, noise])
    (('recordings', 'savee, 60'), [('as it is', '70.0'), ('noise', '+5.0')])
    """
    corpora = list(dict.fromkeys(one.corpus for one in losses))
    by_condition: dict[str, dict[str, Loss]] = {}
    for one in losses:
        by_condition.setdefault(one.condition, {})[one.corpus] = one
    (clean, scores), *others = by_condition.items()
    rows = [(clean, *(f"{100 * scores[name].uar:.1f}" for name in corpora))]
    rows += [(name, *(f"{100 * found[one].lost:+.1f}" for one in corpora)) for name, found in others]
    counted = (f"{name}, {scores[name].recordings:,}" for name in corpora)
    return ("recordings", *counted), rows


def _input_and_output(info: BundleInfo) -> str:
    facts = [
        f"Labels: {', '.join(info.labels)}",
        f"Input: mono speech at {info.front_end.audio.sampling_rate:,} Hz (other rates are resampled)",
        f"Shortest recording: {info.minimum_s:.3f} s",
        f"Calibration: scores are divided by the temperature {info.temperature:.3g} before the softmax"
        + _by_clip(info)
        + ("; then each label's offset is added" if info.offsets else ""),
    ]
    if info.serkit_version:
        facts.append(f"Made with serkit {info.serkit_version}")
    return _bullets(facts)


def _by_clip(info: BundleInfo) -> str:
    calibration = info.recipe.get("calibration")
    by_clip = isinstance(calibration, dict) and calibration.get("method") == "clip_temperature"
    return "; the model has divided them by how much more or less each clip takes" if by_clip else ""


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
