"""Tempo and pitch: each alone by a phase vocoder, both at once by resampling.

The phase vocoder is that of ``librosa.effects``, but for its rounding: phases are summed in double precision.

References
----------
.. [1] Flanagan, J. L., & Golden, R. M. (1966). Phase vocoder. Bell System Technical Journal, 45(9).
.. [2] McFee, B., et al. (2015). librosa: Audio and music signal analysis in Python. SciPy 2015.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view

from serkit.augment.signals import altered, fitted
from serkit.errors import AugmentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.audio import Clip

HOP_LENGTH, OVERLAP = 512, 4
N_FFT = OVERLAP * HOP_LENGTH
WINDOW = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)


def stretch_time(clip: Clip, rate: float) -> Clip:
    """Change the tempo of a clip, not its pitch, to ``n_samples / rate`` samples; a rate below 1 is slower.

    Examples
    --------
    >>> from serkit.audio import Clip
    >>> stretch_time(Clip(np.ones(16_000, dtype=np.float32), 16_000), 0.8).duration
    1.25
    """
    return altered(clip, _stretch(clip, rate))


def shift_pitch(clip: Clip, semitones: float) -> Clip:
    """Raise the pitch of a clip, or lower it, and keep its tempo and length: stretch, then resample."""
    rate = 2.0 ** (-semitones / 12)
    higher = soxr.resample(_stretch(clip, rate), clip.sampling_rate / rate, clip.sampling_rate, quality="HQ")
    return altered(clip, fitted(higher, clip.signal.size))


def change_speed(clip: Clip, rate: float) -> Clip:
    """Play a clip as a tape that runs at another speed: to ``n_samples / rate`` samples, pitch included."""
    n_samples = _length(clip, rate)
    played = soxr.resample(clip.signal, clip.sampling_rate * rate, clip.sampling_rate, quality="HQ")
    return altered(clip, fitted(played, n_samples))


def _length(clip: Clip, rate: float) -> int:
    if not (math.isfinite(rate) and rate > 0 and round(clip.signal.size / rate)):
        raise AugmentError(
            f"{clip.source}: {clip.signal.size} samples cannot be played at rate {rate!r}",
            hint="0.8 is slower, 1.25 is faster",
        )
    return round(clip.signal.size / rate)


def _stretch(clip: Clip, rate: float) -> NDArray[np.float64]:
    n_samples = _length(clip, rate)
    padded = np.pad(clip.signal.astype(np.float64), N_FFT // 2)
    spectra = np.fft.rfft(sliding_window_view(padded, N_FFT)[::HOP_LENGTH] * WINDOW)
    return _synthesise(_vocode(spectra, rate), n_samples)


def _vocode(spectra: NDArray[np.complex128], rate: float) -> NDArray[np.complex128]:
    """Read spectra at another tempo; magnitudes are interpolated, phases advance as they did there."""
    steps = np.arange(0, len(spectra), rate)
    before = steps.astype(int)
    spectra = np.pad(spectra, ((0, 2), (0, 0)))
    magnitude, phase = np.abs(spectra), np.angle(spectra)
    expected = HOP_LENGTH * np.linspace(0, np.pi, N_FFT // 2 + 1)
    surplus = phase[before + 1] - phase[before] - expected
    surplus -= 2 * np.pi * np.round(surplus / (2 * np.pi))
    phases = np.cumsum(np.concatenate([phase[:1], (expected + surplus)[:-1]]), axis=0)
    share = (steps - before)[:, None]
    magnitudes = (1 - share) * magnitude[before] + share * magnitude[before + 1]
    return np.asarray(magnitudes * np.exp(1j * phases))


def _synthesise(spectra: NDArray[np.complex128], n_samples: int) -> NDArray[np.float64]:
    """Overlap and add frames, and divide by the windows that lie on each sample."""
    frames = np.fft.irfft(spectra[: math.ceil((n_samples + N_FFT) / HOP_LENGTH)], N_FFT) * WINDOW
    weights = _overlap(np.broadcast_to(WINDOW**2, frames.shape))
    signal = _overlap(frames) / np.where(weights > np.finfo(np.float32).tiny, weights, 1.0)
    return np.asarray(fitted(signal[N_FFT // 2 :], n_samples))


def _overlap(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    hops = np.zeros((len(frames) + OVERLAP - 1, HOP_LENGTH))
    for k in range(OVERLAP):
        hops[k : k + len(frames)] += frames[:, k * HOP_LENGTH : (k + 1) * HOP_LENGTH]
    return hops.ravel()
