"""Which frames of a signal are voiced: the ones whose pitch and timbre can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.features.frames import frames
from serkit.features.pitch import PitchSettings, track_pitch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.features.frames import Analysis, Framing

    Mask = NDArray[np.bool_]

# From this voicing on a frame counts as periodic, from this level below the loudest frame on as heard.
PERIODIC = 0.6
HEARD_DB = 30.0
# Fewer frames give no statistics worth having; the most periodic ones are taken instead.
MINIMUM = 8


def voiced_frames(analysis: Analysis, framing: Framing, settings: PitchSettings | None = None) -> Mask:
    """Tell voiced frames from the others.

    Parameters
    ----------
    analysis : Analysis
        The signal.
    framing : Framing
        How it is cut.
    settings : PitchSettings, optional
        How pitch is tracked, where it differs from the defaults.

    Returns
    -------
    ndarray of bool, shape (n_frames,)
        True where the voicing is at least 0.6 and the level is within 30 dB of the loudest frame. Where that
        leaves fewer than eight, the eight frames with the highest voicing.

    Examples
    --------
    >>> from serkit.features.frames import Analysis, Framing
    >>> tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    >>> tone[8_000:] = 0
    >>> int(voiced_frames(Analysis(tone, 16_000), Framing(512, 160)).sum())
    52
    """
    pitch = PitchSettings(framing.hop_length, framing.pad_mode) if settings is None else settings
    return analysis.once(_voiced_frames, framing, pitch)


def _voiced_frames(analysis: Analysis, framing: Framing, settings: PitchSettings) -> Mask:
    voicing = analysis.once(track_pitch, settings).voicing
    cut = frames(analysis.signal, framing.n_fft, framing.hop_length, framing.pad_mode)
    power = np.vecdot(cut, cut)
    voiced: Mask = (voicing >= PERIODIC) & (power >= power.max() * 10 ** (-HEARD_DB / 10))
    if voiced.sum() < MINIMUM:
        voiced[np.argsort(-voicing, kind="stable")[:MINIMUM]] = True
    return voiced
