"""The file names of the published corpora, from their own documentation and not from serkit's patterns."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from pathlib import Path


def ravdess_names(channel: str) -> list[str]:
    """Speech: 24 actors, 60 clips each. Song: 23 actors, 44 clips each, without disgust and surprise."""
    emotions = range(1, 9) if channel == "01" else range(1, 7)
    actors = [actor for actor in range(1, 25) if channel == "01" or actor != 18]
    return [
        f"03-{channel}-{emotion:02d}-{intensity:02d}-{statement:02d}-{repetition:02d}-{actor:02d}"
        for actor, emotion, intensity, statement, repetition in product(
            actors, emotions, (1, 2), (1, 2), (1, 2)
        )
        if not (emotion == 1 and intensity == 2)
    ]


def crema_d_names() -> list[str]:
    """91 actors, 82 clips each, but for the 20 that were never published."""
    unpublished = {"1002_TIE_NEU", "1076_ITS_NEU"}
    unpublished |= {f"{clip}_{e}" for clip in ("1008_WSI", "1009_MTI", "1019_ITH") for e in CREMA_EMOTIONS}
    sentences = ["TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI"]
    names = [f"{actor}_{s}_{e}_XX" for actor, s, e in product(range(1001, 1092), sentences, CREMA_EMOTIONS)]
    names = [name for name in names if name[:12] not in unpublished]
    for actor, emotion in product(range(1001, 1092), CREMA_EMOTIONS):
        levels = ["XX"] if emotion == "NEU" else ["LO", "MD", "HI"]
        names += [f"{actor}_IEO_{emotion}_{level}" for level in levels]
    return names


CREMA_EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")


def tess_names() -> list[str]:
    """Two speakers, 200 words, 7 emotions; one name lacks its F."""
    words = ["".join(letters) for letters in product("bdfgh", "aeio", "klmnp", "st")]
    emotions = ["angry", "disgust", "fear", "happy", "neutral", "ps", "sad"]
    names = [
        f"{speaker}_{word}_{emotion}" for speaker, word, emotion in product(("OAF", "YAF"), words, emotions)
    ]
    return [name.replace("OAF_bakt", "OA_bakt") for name in names]


def savee_names() -> list[str]:
    """Four speakers, 15 sentences for each emotion, 30 neutral."""
    counts = {"a": 15, "d": 15, "f": 15, "h": 15, "n": 30, "sa": 15, "su": 15}
    return [
        f"{speaker}_{code}{number:02d}"
        for speaker in ("DC", "JE", "JK", "KL")
        for code, count in counts.items()
        for number in range(1, count + 1)
    ]


def emodb_names() -> list[str]:
    """535 names with the published number of clips of each speaker and of each emotion."""
    speakers = dict(
        zip(
            ["03", "08", "09", "10", "11", "12", "13", "14", "15", "16"],
            (49, 58, 43, 38, 55, 35, 61, 69, 56, 71),
            strict=True,
        )
    )
    emotions = {"W": 127, "L": 81, "E": 46, "A": 69, "F": 71, "N": 79, "T": 62}
    texts = ["a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10"]
    order_of_speakers = [speaker for speaker, count in speakers.items() for _ in range(count)]
    order_of_emotions = [emotion for emotion, count in emotions.items() for _ in range(count)]
    # Going round the texts and then through the versions keeps every name apart.
    takes = [texts[i % 10] + "{}" + "abcdefgh"[i // 10 % 8] for i in range(535)]
    return [
        speaker + take.format(emotion)
        for speaker, emotion, take in zip(order_of_speakers, order_of_emotions, takes, strict=True)
    ]


NAMES = {
    "ravdess": lambda: ravdess_names("01"),
    "ravdess-song": lambda: ravdess_names("02"),
    "crema-d": crema_d_names,
    "tess": tess_names,
    "savee": savee_names,
    "emodb": emodb_names,
}


@pytest.fixture(scope="session")
def published_names():
    """Return the names of a corpus's files, without suffix."""
    return lambda corpus: NAMES[corpus]()


@pytest.fixture
def touch():
    """Return a function that makes empty files and gives their folder back."""

    def make(folder: Path, names, suffix: str = ".wav") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{name}{suffix}").touch()
        return folder

    return make


@pytest.fixture
def write_tone():
    """Return a function that writes a short noisy tone; the same seed gives the same samples."""

    def write(
        path: Path, *, seed: int = 0, rate: int = 16_000, level: float = 0.1, channels: int = 1
    ) -> Path:
        rng = np.random.default_rng(seed)
        tone = np.sin(2 * np.pi * 200 * np.arange(rate // 4) / rate) + 0.1 * rng.standard_normal(rate // 4)
        signal = np.repeat((level * tone)[:, None], channels, axis=1)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.clip(signal, -1, 1), rate, subtype="PCM_16")
        return path

    return write
