"""The predictor against its own model, on every kind of source."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

import serkit
from serkit.audio import clip_from_array, load_audio, resample
from serkit.bundle import load_bundle
from serkit.errors import (
    AudioNotFoundError,
    BundleNotFoundError,
    InvalidSignalError,
    NonFiniteSignalError,
    SerkitError,
    SilentSignalError,
    TooShortError,
)
from serkit.models.calibration import softmax
from serkit.prediction import Failure, Prediction
from serkit.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16_000


@pytest.fixture(scope="module")
def predictor(tiny_bundle: Path) -> Predictor:
    return Predictor.load(tiny_bundle)


def test_a_voice_gets_its_emotion(predictor: Predictor, voice_file: Path) -> None:
    prediction = predictor.predict(voice_file)
    assert prediction.emotion == "happy"
    assert prediction.source == str(voice_file)
    assert (prediction.start, prediction.end) == (0.0, pytest.approx(1.2))


def test_probabilities_are_the_calibrated_softmax_of_the_scores(
    predictor: Predictor, tiny_bundle: Path, voice_file: Path
) -> None:
    bundle = load_bundle(tiny_bundle)
    features = bundle.info.front_end.extract(load_audio(voice_file))
    expected = softmax(bundle.scores(features[np.newaxis]) / bundle.info.temperature)[0]
    prediction = predictor.predict(voice_file)
    assert list(prediction.probabilities) == list(predictor.labels)
    np.testing.assert_allclose(list(prediction.probabilities.values()), expected, rtol=1e-6)
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
    assert prediction.confidence == max(prediction.probabilities.values())


def test_every_kind_of_source_gives_the_same(predictor: Predictor, voice_file: Path) -> None:
    content = voice_file.read_bytes()
    signal, rate = soundfile.read(voice_file, dtype="float32")
    expected = predictor.predict(str(voice_file)).probabilities
    for prediction in (
        predictor.predict(voice_file),
        predictor.predict(content),
        predictor.predict(io.BytesIO(content)),
        predictor.predict_signal(signal, rate),
        predictor.predict_signal(np.stack([signal, signal], axis=1), rate),
        predictor.predict_clip(load_audio(voice_file)),
    ):
        assert prediction.probabilities == pytest.approx(expected, abs=1e-6)


def test_another_rate_is_brought_to_that_of_the_model(predictor: Predictor, voice_file: Path) -> None:
    signal, rate = soundfile.read(voice_file, dtype="float32")
    upsampled = predictor.predict_clip(resample(clip_from_array(signal, rate), 48_000))
    assert (upsampled.emotion, upsampled.end) == ("happy", pytest.approx(1.2))
    hurried = predictor.predict_signal(signal, 48_000)
    assert hurried.end == pytest.approx(0.4)
    assert hurried.probabilities != pytest.approx(upsampled.probabilities, abs=0.1)


def test_a_stretch_is_predicted_as_if_it_were_the_whole(predictor: Predictor, voice_file: Path) -> None:
    signal, _ = soundfile.read(voice_file, dtype="float32")
    stretch = predictor.predict(voice_file, start=0.25, end=0.75)
    alone = predictor.predict_signal(signal[RATE // 4 : 3 * RATE // 4], RATE)
    assert (stretch.start, stretch.end) == (0.25, 0.75)
    assert stretch.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_abstaining_marks_and_changes_nothing_else(tiny_bundle: Path, voice_file: Path) -> None:
    sure = Predictor.load(tiny_bundle).predict(voice_file)
    strict = Predictor.load(tiny_bundle, abstain_below=1.0).predict(voice_file)
    lenient = Predictor.load(tiny_bundle, abstain_below=sure.confidence).predict(voice_file)
    assert (sure.abstained, strict.abstained, lenient.abstained) == (False, True, False)
    assert strict.probabilities == sure.probabilities


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_abstaining_below_what_is_no_probability_is_refused(tiny_bundle: Path, wrong: float) -> None:
    with pytest.raises(SerkitError, match="abstain_below"):
        Predictor.load(tiny_bundle, abstain_below=wrong)


def test_a_bad_file_does_not_stop_the_others(predictor: Predictor, voice_file: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("no sound")
    sources = [voice_file, tmp_path / "missing.wav", tmp_path / "notes.wav", str(voice_file), b""]
    results = list(predictor.predict_files(sources))
    kinds = [Prediction, Failure, Failure, Prediction, Failure]
    assert [type(result) for result in results] == kinds
    assert results[1].source == str(tmp_path / "missing.wav")
    assert isinstance(results[1].error, AudioNotFoundError)


def test_files_are_predicted_one_by_one(predictor: Predictor, voice_file: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.wav"
    results = predictor.predict_files([voice_file, late])
    next(results)
    late.write_bytes(voice_file.read_bytes())
    assert isinstance(next(results), Prediction)


def test_a_folder_is_searched_with_its_subfolders(
    predictor: Predictor, voice_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/2.wav", "b/1.wav", "a.wav"):
        (tmp_path / name).write_bytes(voice_file.read_bytes())
    (tmp_path / "readme.txt").write_text("not a recording")
    sources = [result.source for result in predictor.predict_folder(tmp_path)]
    assert sources == [str(tmp_path / name) for name in ("a.wav", "b/1.wav", "b/c/2.wav")]


def test_a_folder_without_recordings_is_an_error(predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(AudioNotFoundError, match="no recordings"):
        predictor.predict_folder(tmp_path)


@pytest.mark.parametrize(
    ("signal", "error"),
    [
        (np.zeros(RATE, np.float32), SilentSignalError),
        (np.ones(100, np.float32), TooShortError),
        (np.ones(int(0.19 * RATE), np.float32), TooShortError),
        (np.full(RATE, np.nan, np.float32), NonFiniteSignalError),
        (np.ones((2, 2, 2), np.float32), InvalidSignalError),
        (np.array(["a"]), InvalidSignalError),
    ],
)
def test_a_signal_that_says_nothing_is_refused(
    predictor: Predictor, signal: np.ndarray, error: type[Exception]
) -> None:
    with pytest.raises(error):
        predictor.predict_signal(signal, RATE)


def test_threads_may_share_a_predictor(predictor: Predictor, synthetic_ravdess: Path) -> None:
    files = sorted(synthetic_ravdess.rglob("*.wav"))[:24]
    one_by_one = [predictor.predict(file) for file in files]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(predictor.predict, files)) == one_by_one


def test_load_is_the_short_name(tiny_bundle: Path) -> None:
    assert serkit.load(tiny_bundle).labels == Predictor.load(tiny_bundle).labels
    with pytest.raises(BundleNotFoundError):
        serkit.load(tiny_bundle / "nothing")


def test_a_prediction_is_plain_json_and_ranked() -> None:
    prediction = Prediction("a.wav", 0.5, 2.0, "sad", 2 / 3, {"calm": 1 / 3, "sad": 2 / 3})
    assert prediction.to_dict() == {
        "source": "a.wav",
        "start": 0.5,
        "end": 2.0,
        "emotion": "sad",
        "confidence": 0.666667,
        "abstained": False,
        "derived_valence": -0.333333,
        "derived_arousal": -0.466667,
        "probabilities": {"calm": 0.333333, "sad": 0.666667},
    }
    assert prediction.ranked() == [("sad", 2 / 3), ("calm", 1 / 3)]


def test_affect_is_derived_only_from_emotions_whose_place_is_known() -> None:
    prediction = Prediction("a.wav", 0.0, 2.0, "pride", 0.9, {"pride": 0.9, "sad": 0.1})
    assert (prediction.valence, prediction.arousal) == (None, None)
    assert prediction.to_dict()["derived_valence"] is None
