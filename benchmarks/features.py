"""Time serkit's feature extraction against librosa, called the way the published systems call it.

Each of their feature functions is called on the signal and computes its own spectra, as in their code; serkit shares
them. Both run on one thread, on the same recordings, pass by pass; the values must agree before any time is taken.

The calls are those of
- `extract_features` in the notebook of system 1, which many notebooks on the four acted corpora share (means-162);
- `extractFeatures` in `statMLlib/FeatureExtraction.py` of mohnikbakht/RAVDESS_Speech_Emotion_Recognition, which hands
  every function the signal in double precision (means-186 with `Feature_2D=False`, sequence-219 with `True`);
- `extract_features` in `Speech_Emotion_Recognition_using_ANN.ipynb` of EveThan/Speech-Emotion-Classification, which
  counts zero crossings by Python's `sum` (means-193).
What these sets need is timed. The second function also computes, for every recording, what no model of these sets
reads: the tonnetz of the harmonic part, and for means-186 the spectral contrast. With ``--discarded`` that is timed too.

    python benchmarks/features.py [--recordings FOLDER] [--files 60] [--rounds 5] [--discarded]
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import librosa
import numpy as np

from serkit.audio import Clip, clip_from_array, find_audio_files, load_audio, resample
from serkit.features import FEATURE_SETS, FeatureSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PAD = {"pad_mode": "reflect"}
LONGEST_RAVDESS = 116_247
# Of the largest value in the same block of features.
TOLERANCE = 1e-4


def librosa_162(signal: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    signal = signal[int(0.6 * rate) :][: int(2.5 * rate)]
    zero_crossings = np.mean(librosa.feature.zero_crossing_rate(y=signal).T, axis=0)
    magnitude = np.abs(librosa.stft(signal, **PAD))
    chroma = np.mean(librosa.feature.chroma_stft(S=magnitude, sr=rate).T, axis=0)
    mfcc = np.mean(librosa.feature.mfcc(y=signal, sr=rate, **PAD).T, axis=0)
    rms = np.mean(librosa.feature.rms(y=signal, **PAD).T, axis=0)
    mel = np.mean(librosa.feature.melspectrogram(y=signal, sr=rate, **PAD).T, axis=0)
    return np.hstack([zero_crossings, chroma, mfcc, rms, mel])


def standardised(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    signal = np.pad(signal[:LONGEST_RAVDESS], (0, max(LONGEST_RAVDESS - len(signal), 0)))
    # In double precision: the tuning that chroma starts from can jump at a difference in the seventh digit.
    signal = signal.astype(np.float64)
    return ((signal - signal.mean()) / signal.std()).astype(np.float32)


def librosa_186(signal: NDArray[np.float32], rate: int, precision: Any = float) -> NDArray[np.float64]:
    signal = standardised(signal).astype(precision)
    high, low = np.max(signal), np.min(signal)
    wave = [high, low, np.mean(signal), np.std(signal), np.median(signal), high - low]
    mfcc = np.mean(librosa.feature.mfcc(y=signal, sr=rate, n_mfcc=40, **PAD), axis=1)
    magnitude = np.abs(librosa.stft(signal, **PAD))
    chroma = np.mean(librosa.feature.chroma_stft(S=magnitude, sr=rate), axis=1)
    mel = np.mean(librosa.feature.melspectrogram(y=signal, sr=rate, **PAD), axis=1)
    return np.hstack([mfcc, np.log(mel + 1), np.log(chroma + 1), wave])


def librosa_219(signal: NDArray[np.float32], rate: int, precision: Any = float) -> NDArray[np.float64]:
    signal = standardised(signal).astype(precision)
    framing = {"n_fft": 1024, "hop_length": 512, **PAD}
    mfcc = librosa.feature.mfcc(y=signal, sr=rate, n_mfcc=40, **framing)
    chroma = librosa.feature.chroma_stft(y=signal, sr=rate, **framing)
    contrast = librosa.feature.spectral_contrast(y=signal, sr=rate, **framing)
    mel = librosa.feature.melspectrogram(y=signal, sr=rate, n_mels=160, **framing)
    return np.vstack([mfcc, np.log(chroma + 1), np.log(contrast + 1), np.log(mel + 1)]).T


def librosa_193(signal: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    magnitude = np.abs(librosa.stft(signal, **PAD))
    mel = np.mean(librosa.feature.melspectrogram(y=signal, sr=rate, **PAD).T, axis=0)
    chroma = np.mean(librosa.feature.chroma_stft(S=magnitude, sr=rate, n_chroma=24).T, axis=0)
    mfcc = np.mean(librosa.feature.mfcc(y=signal, sr=rate, n_mfcc=40, **PAD).T, axis=0)
    crossings = sum(librosa.zero_crossings(signal, pad=False))
    return np.hstack([mel, chroma, mfcc, crossings])


def discarded_tonnetz(signal: NDArray[np.float32], rate: int) -> None:
    signal = standardised(signal).astype(float)
    librosa.feature.tonnetz(y=librosa.effects.harmonic(signal, **PAD), sr=rate)


def discarded_contrast_and_tonnetz(signal: NDArray[np.float32], rate: int) -> None:
    wide = standardised(signal).astype(float)
    np.mean(librosa.feature.spectral_contrast(y=wide, sr=rate, n_fft=1024, hop_length=512, **PAD), axis=1)
    discarded_tonnetz(signal, rate)


PAIRS: dict[str, Callable[[NDArray[np.float32], int], NDArray[np.float64]]] = {
    "means-162": librosa_162,
    "means-186": librosa_186,
    "sequence-219": librosa_219,
    "means-193": librosa_193,
}
# Values are compared in the precision of serkit's contours, for the tuning can jump, too, between the two.
COMPARED = PAIRS | {
    "means-186": partial(librosa_186, precision=np.float32),
    "sequence-219": partial(librosa_219, precision=np.float32),
}
DISCARDED: dict[str, Callable[[NDArray[np.float32], int], None]] = {
    "means-186": discarded_contrast_and_tonnetz,
    "sequence-219": discarded_tonnetz,
}


def synthetic_voices(n_voices: int) -> list[Clip]:
    """Make voices of 3 to 4 s: harmonics under a moving pitch, with syllables and noise."""
    clips = []
    for seed in range(n_voices):
        rng = np.random.default_rng(seed)
        time = np.arange(int(rng.uniform(3, 4) * 48_000)) / 48_000
        f0 = rng.uniform(90, 250) * (1 + 0.2 * np.sin(2 * np.pi * rng.uniform(1, 3) * time))
        phase = 2 * np.pi * np.cumsum(f0) / 48_000
        voice = sum(np.sin(k * phase) / k for k in range(1, 20))
        syllables = np.maximum(0, np.sin(2 * np.pi * rng.uniform(2, 4) * time))
        signal = 0.1 * voice * syllables + 0.002 * rng.standard_normal(time.size)
        clips.append(clip_from_array(signal.astype(np.float32), 48_000, source=f"voice {seed}"))
    return clips


def recordings(folder: Path, n_files: int) -> list[Clip]:
    """Load files spread evenly over a folder and its subfolders."""
    files = find_audio_files(folder)
    return [load_audio(file) for file in files[:: max(len(files) // n_files, 1)][:n_files]]


def largest_difference(
    feature_set: FeatureSet, ours: NDArray[np.float32], theirs: NDArray[np.float64]
) -> float:
    """Return the largest difference relative to the largest value of each descriptor."""
    descriptors = np.array([name.split("_")[0] for name in feature_set.names])
    parts = [descriptors == descriptor for descriptor in dict.fromkeys(descriptors)]
    return max(
        float(np.abs(ours - theirs)[..., part].max() / np.abs(theirs[..., part]).max()) for part in parts
    )


def milliseconds(function: Callable[[Clip], object], clips: list[Clip]) -> float:
    """Return the mean wall time a clip."""
    start = perf_counter()
    for clip in clips:
        function(clip)
    return 1000 * (perf_counter() - start) / len(clips)


def compare(name: str, clips: list[Clip], rounds: int, *, discarded: bool) -> bool:
    """Print a line for a feature set, and one with what is discarded; return whether the values agree."""
    feature_set, theirs = FEATURE_SETS[name], PAIRS[name]
    rate = feature_set.audio.sampling_rate
    clips = [resample(clip, rate) for clip in clips]
    difference = max(
        largest_difference(feature_set, feature_set.extract(clip), COMPARED[name](clip.signal, rate))
        for clip in clips
    )
    librosa_ms, serkit_ms = [], []
    for _ in range(rounds):
        # Each in one pass, as in use: in turns clip by clip, each would pay for the memory that the other freed.
        librosa_ms.append(milliseconds(lambda clip: theirs(clip.signal, rate), clips))
        serkit_ms.append(milliseconds(feature_set.extract, clips))
    ratio = np.median(np.divide(librosa_ms, serkit_ms))
    print(
        f"{name:12s}  {np.median(librosa_ms):10.2f}  {np.median(serkit_ms):9.2f}  {ratio:8.1f}x  {difference:15.1e}"
    )
    if discarded and name in DISCARDED:
        everything_ms = np.median(librosa_ms) + milliseconds(
            lambda clip: DISCARDED[name](clip.signal, rate), clips
        )
        print(
            f"{'+ discarded':12s}  {everything_ms:10.2f}  {np.median(serkit_ms):9.2f}  {everything_ms / np.median(serkit_ms):8.1f}x"
        )
    return difference <= TOLERANCE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--recordings", type=Path, help="folder of recordings; synthetic voices without it")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--discarded", action="store_true", help="time what the systems throw away, too (a second a clip)"
    )
    options = parser.parse_args()
    if options.recordings:
        clips = recordings(options.recordings, options.files)
    else:
        clips = synthetic_voices(options.files)
    print(
        f"{len(clips)} clips, median {np.median([clip.duration for clip in clips]):.2f} s, one thread, mean of a clip, median of {options.rounds} rounds"
    )
    print("set           librosa ms  serkit ms   faster  largest difference")
    agree = [compare(name, clips, options.rounds, discarded=options.discarded) for name in PAIRS]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
