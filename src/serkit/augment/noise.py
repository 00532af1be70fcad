"""Noise: in proportion to the peak, or at a chosen signal-to-noise ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from serkit.audio import Clip, check_audible
from serkit.augment.signals import Signal, altered, rms
from serkit.augment.tempo import change_speed
from serkit.errors import AugmentError, SilentSignalError

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_noise(clip: Clip, rng: np.random.Generator, *, scale: float = 0.035) -> Clip:
    """Add white noise whose level is a random share of the largest sample.

    The result is ``x + scale * u * max(x) * n`` with one ``u`` uniform in [0, 1) and a normal ``n`` for each
    sample, drawn in this order. Silence stays silence.

    Examples
    --------
    >>> clip = Clip(np.ones(4, dtype=np.float32), 16_000)
    >>> add_noise(clip, np.random.default_rng(0)).signal.round(3)
    array([0.997, 1.014, 1.002, 0.988], dtype=float32)
    """
    amplitude = scale * rng.uniform() * clip.signal.max()
    return altered(clip, clip.signal + amplitude * rng.standard_normal(clip.signal.size))


def coloured_noise(n_samples: int, colour: Literal["white", "pink"], rng: np.random.Generator) -> Signal:
    """Return noise whose power is the same at all frequencies, or falls by 3 dB with each octave."""
    if colour not in ("white", "pink"):
        raise AugmentError(f"noise: unknown colour {colour!r}", hint='choose "white" or "pink"')
    if colour == "white":
        return rng.standard_normal(n_samples)
    spectrum = np.fft.rfft(rng.standard_normal(2 ** n_samples.bit_length()))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)))[:n_samples]


def babble(voices: Sequence[Clip], n_samples: int, rng: np.random.Generator) -> Signal:
    """Return several voices at once, all equally loud, each repeated from a random sample on."""
    if not voices:
        raise AugmentError("babble: no voice to mix", hint="give one clip or more")
    mixed = np.zeros(n_samples)
    for voice in voices:
        check_audible(voice)
        moved = np.roll(voice.signal, int(rng.integers(voice.signal.size)))
        mixed += np.resize(moved, n_samples) / rms(voice.signal)
    return mixed


def crowd(clip: Clip, n_voices: int, rng: np.random.Generator) -> Signal:
    """Return babble made of a clip alone: voices at other tempos and pitches, half of them run backwards.

    No other recording is needed, so that none can carry a speaker from one part of a split into another.
    """
    voices = [change_speed(clip, float(rng.uniform(0.7, 1.4))) for _ in range(n_voices)]
    voices = [altered(voice, voice.signal[:: rng.choice([-1, 1])]) for voice in voices]
    return babble(voices, clip.signal.size, rng)


def mix(clip: Clip, noise: Signal, snr_db: float) -> Clip:
    """Add noise at a signal-to-noise ratio.

    Parameters
    ----------
    clip : Clip
        Any clip but silence.
    noise : ndarray, shape (n_samples,)
        As long as the clip, at its rate and at any level.
    snr_db : float
        Power of the clip over that of the noise, both over the whole clip, dB.

    Raises
    ------
    SilentSignalError
        If clip or noise is digital silence: no level of the noise gives the ratio.
    AugmentError
        If they differ in length.

    Examples
    --------
    >>> mix(Clip(np.ones(4, dtype=np.float32), 16_000), np.array([1, -1, 1, -1]), 20.0).signal
    array([1.1, 0.9, 1.1, 0.9], dtype=float32)
    """
    check_audible(clip)
    if noise.shape != clip.signal.shape:
        raise AugmentError(
            f"{clip.source}: noise of shape {noise.shape} for {clip.signal.size} samples",
            hint="cut it to the length of the clip",
        )
    if not noise.any():
        raise SilentSignalError(f"{clip.source}: the noise to mix in is digital silence", hint="choose other")
    return altered(clip, clip.signal + noise * (rms(clip.signal) / rms(noise) * 10 ** (-snr_db / 20)))
