"""Reverberation: a clip convolved with the impulse response of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.augment.signals import Signal, altered, rms
from serkit.errors import AugmentError

if TYPE_CHECKING:
    from serkit.audio import Clip


def synthetic_room(
    rt60_s: float, sampling_rate: int, rng: np.random.Generator, *, direct_db: float = 0.0
) -> Signal:
    """Return the impulse response of a made-up room: direct sound, then noise that decays exponentially.

    Parameters
    ----------
    rt60_s : float
        Time in which the reverberation falls by 60 dB, s; above 0.
    sampling_rate : int
        Of the response, Hz.
    rng : numpy.random.Generator
        Draws the noise.
    direct_db : float, default 0.0
        Energy of the direct sound, 1 at sample 0, over that of the reverberation, dB.

    References
    ----------
    .. [1] Polack, J.-D. (1988). La transmission de l'énergie sonore dans les salles. Université du Maine.
    """
    n_samples = round(rt60_s * sampling_rate) if np.isfinite(rt60_s) else 0
    if n_samples < 1:
        raise AugmentError(f"reverberation: rt60_s {rt60_s!r} is not above 0", hint="rooms have 0.3 to 1.0")
    tail = rng.standard_normal(n_samples) * 10 ** (-3 * np.arange(1, n_samples + 1) / n_samples)
    return np.concatenate([[1.0], tail * 10 ** (-direct_db / 20) / np.linalg.norm(tail)])


def reverberate(clip: Clip, response: Signal) -> Clip:
    """Let a clip sound in a room, as long and as loud as before.

    The largest sample of the impulse response, which has the rate of the clip, is taken for the direct sound;
    it stays in its place. Silence stays silence.

    Raises
    ------
    AugmentError
        If the response is silent.
    """
    if not response.any():
        raise AugmentError(f"{clip.source}: the impulse response is silent", hint="choose another room")
    direct, n_samples = int(np.abs(response).argmax()), clip.signal.size
    n_fft = 2 ** (n_samples + response.size).bit_length()
    spectrum = np.fft.rfft(clip.signal.astype(np.float64), n_fft) * np.fft.rfft(response, n_fft)
    heard = np.fft.irfft(spectrum, n_fft)[direct : direct + n_samples]
    return altered(clip, heard * (rms(clip.signal) / (rms(heard) or 1.0)))
