"""Notice when a model hears the same in nearly everything: it may not know the voice or microphone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from serkit.prediction import Prediction

_SUSPICIOUS = 0.6


def noticed(predictions: Iterable[Prediction]) -> Iterator[Prediction]:
    """Yield predictions, and in the end say on standard error if one emotion is most of a dozen or more."""
    from serkit.models.matched_offsets import ENOUGH_RECORDINGS  # imports numpy

    heard: Counter[str] = Counter()
    for prediction in predictions:
        heard[prediction.emotion] += 1
        yield prediction
    if heard.total() < ENOUGH_RECORDINGS:
        return
    ((emotion, count),) = heard.most_common(1)
    if count >= _SUSPICIOUS * heard.total():
        typer.echo(
            f"note: {count} of {heard.total()} recordings are heard as {emotion}; if that cannot be, the "
            "model does not know their kind: serkit adapt FOLDER --unlabelled --out MODEL",
            err=True,
        )
