"""What a published encoder hears in recordings: the same before any training as after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from serkit.models.batches import Rows
from serkit.models.precision import choose_precision
from serkit.models.probe import hear_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from serkit.models.encoder_settings import SpeechEncoderSettings
    from serkit.models.speech_encoder import SpeechEncoder

    Features = NDArray[Any] | Sequence[NDArray[Any]]


def hear_states(
    settings: SpeechEncoderSettings, features: Features, *, cache: Path | None, device: str
) -> NDArray[np.float32]:
    """Return what is pooled of the states of the published encoder in each row, shape (n, n_values).

    Parameters
    ----------
    settings : SpeechEncoderSettings
        Which encoder, and which of its states; one that `hears_published`.
    features : ndarray, shape (n, ...), or sequence of ndarray
        Features.
    cache : Path, optional
        Folder in which they are known, or will be.
    device : str
        Where to compute them.
    """
    rows = Rows(features)
    settled = settings.with_parameters({"precision": choose_precision(settings.precision, device)})
    body = cast("SpeechEncoder", settings.network(rows.shape, 2)).to(device).eval()
    if cache is not None:
        settings.remember_in(body, cache)
    values: NDArray[np.float32] = hear_rows(body.hear_states, rows, settled, device).cpu().numpy()
    return values
