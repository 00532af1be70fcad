"""Score a saved model on recordings, and say whether it has met their speakers before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serkit.bundle_info import speaker_key
from serkit.corpora.manifest import is_complete
from serkit.errors import ManifestError
from serkit.evaluation.predictions import Predictions
from serkit.evaluation.report import RunFacts
from serkit.features.table import extract_features
from serkit.models.calibration import softmax
from serkit.models.emotion_sets import allowed_classes, own_scores
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import pandas
    from numpy.typing import NDArray

    from serkit.bundle import ModelBundle
    from serkit.bundle_info import BundleInfo, CorpusFacts


def predict_manifest(
    bundle: ModelBundle,
    manifest: pandas.DataFrame,
    *,
    cache: Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> Predictions:
    """Let a saved model hear every recording whose emotion it knows.

    Parameters
    ----------
    bundle : ModelBundle
        From :func:`serkit.bundle.load_bundle`.
    manifest : pandas.DataFrame
        The recordings; those of an emotion that the model does not know are left out.
    cache : Path, optional
        Folder of the feature cache.
    workers : int, default 1
        Recordings to work on at once.
    progress : bool, default False
        Whether to show a bar on a terminal.

    Returns
    -------
    Predictions

    Raises
    ------
    ManifestError
        If the model knows none of the emotions.
    AudioError
        If a recording cannot be used.
    """
    rows, front_end = known_rows(bundle.info, manifest), bundle.info.front_end
    table = extract_features(rows, front_end, cache=cache, workers=workers, progress=progress)
    scores = bundle.scores(table.values)
    return Predictions(rows, probabilities_of(bundle.info, rows, scores), bundle.info.labels)


def known_rows(info: BundleInfo, manifest: pandas.DataFrame) -> pandas.DataFrame:
    """Return the recordings whose emotion a saved model knows, or raise ManifestError if there are none."""
    rows = manifest[manifest["emotion"].isin(info.labels)]
    if rows.empty:
        known, given = ", ".join(info.labels), ", ".join(sorted(set(manifest["emotion"])))
        raise ManifestError(
            f"{info.name} tells {known} apart; the recordings are {given}", hint="test another model"
        )
    return rows


def probabilities_of(info: BundleInfo, rows: pandas.DataFrame, scores: NDArray[Any]) -> NDArray[np.float64]:
    """Return probabilities, 0 for emotions that a corpus does not contain, if the model has learned so."""
    sets = {corpus.name: frozenset(corpus.emotions) for corpus in info.corpora if corpus.emotions}
    allowed = allowed_classes(rows["corpus"].to_numpy(dtype=str), info.labels, sets)
    return softmax(info.calibrated(own_scores(scores, allowed)))


def bundle_facts(info: BundleInfo, manifest: pandas.DataFrame) -> RunFacts:
    """Return what a reader of the scores of a saved model must know.

    Parameters
    ----------
    info : BundleInfo
        What the bundle says of its training data.
    manifest : pandas.DataFrame
        All recordings that it was to be tested on.

    Returns
    -------
    RunFacts
        With a caution for each corpus whose speakers the model was, or may have been, trained on.
    """
    trained = {corpus.name: corpus for corpus in info.corpora}
    corpora = sorted(set(manifest["corpus"]))
    met = {corpus: _speakers_met(manifest, trained[corpus]) for corpus in corpora if corpus in trained}
    return RunFacts(
        name=f"{info.name} on {', '.join(corpora)}",
        protocol="saved model, tested as it is",
        leaks={"speaker": sum(met.values())} if None not in met.values() else {},
        cautions=tuple(_cautions(met, trained)),
        notes=tuple(_notes(info, manifest)),
    )


def _speakers_met(manifest: pandas.DataFrame, facts: CorpusFacts) -> int | None:
    """Return how many test speakers of a corpus the model was trained on; None = the bundle does not say."""
    rows = manifest[manifest["corpus"] == facts.name]
    known = is_complete(rows, "speaker")
    if not (known and facts.speaker_keys):
        return None
    return len({speaker_key(group) for group in speaker_groups(rows)} & set(facts.speaker_keys))


def _cautions(met: dict[str, int | None], trained: dict[str, CorpusFacts]) -> Iterator[str]:
    for corpus, count in met.items():
        if count is None:
            recordings = trained[corpus].recordings
            yield (
                f"Perhaps not an honest score: the model was trained on {recordings:,} recordings of "
                f"{corpus}, and nothing tells whether their speakers are tested here."
            )
        elif count:
            yield (
                f"Not an honest score: the model was trained on {count} of the {corpus} speakers that it is "
                "tested on. Expect less on voices that it has never heard."
            )


def _notes(info: BundleInfo, manifest: pandas.DataFrame) -> Iterator[str]:
    unknown = manifest.loc[~manifest["emotion"].isin(info.labels), "emotion"].value_counts()
    if len(unknown):
        left_out = ", ".join(f"{count:,} {emotion}" for emotion, count in unknown.items())
        yield f"Left out, as the model does not know the emotion: {left_out}."
