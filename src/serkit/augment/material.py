"""Other recordings that a clip is altered with: background sounds, babble, the answers of rooms."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from serkit.audio import Clip, find_audio_files, load_audio, probe_audio
from serkit.augment.noise import babble, mix
from serkit.augment.reverb import reverberate
from serkit.augment.signals import altered, first_audible
from serkit.errors import AugmentError

if TYPE_CHECKING:
    from pathlib import Path


def add_background(clip: Clip, rng: np.random.Generator, *, folder: Path, snr_db: float) -> Clip:
    """Add a random excerpt of a random file at a signal-to-noise ratio, dB."""
    return mix(clip, first_audible(lambda: _excerpt(folder, clip, rng)).signal, snr_db)


def add_babble(clip: Clip, rng: np.random.Generator, *, folder: Path, voices: float, snr_db: float) -> Clip:
    """Add the voices of several random files at once at a signal-to-noise ratio, dB."""
    speakers = [first_audible(lambda: _excerpt(folder, clip, rng)) for _ in range(round(voices))]
    return mix(clip, babble(speakers, clip.signal.size, rng), snr_db)


def sound_in_room(clip: Clip, rng: np.random.Generator, *, folder: Path) -> Clip:
    """Let a clip sound in a room whose impulse response is a random file."""
    return reverberate(clip, load_audio(_draw(folder, rng), sampling_rate=clip.sampling_rate).signal)


def _excerpt(folder: Path, clip: Clip, rng: np.random.Generator) -> Clip:
    """Return a random stretch of a random file, as long as a clip and at its rate, repeated if short."""
    file = _draw(folder, rng)
    spare = probe_audio(file).duration - clip.duration
    start = float(rng.uniform(0, max(spare, 0.0)))
    end = start + clip.duration if spare > 0 else None
    found = load_audio(file, sampling_rate=clip.sampling_rate, start=start, end=end)
    return altered(found, np.resize(found.signal, clip.signal.size))


def _draw(folder: Path, rng: np.random.Generator) -> Path:
    files = list_material(folder)
    return files[rng.integers(len(files))]


# Listing a large folder takes longer than altering a clip.
@lru_cache
def list_material(folder: Path) -> list[Path]:
    """Return the recordings of a folder, as they were when it was first asked for.

    Raises
    ------
    AugmentError
        If it holds none.
    """
    files = find_audio_files(folder)
    if not files:
        raise AugmentError(f"{folder}: holds no recording to mix in", hint="name a folder of audio files")
    return files
