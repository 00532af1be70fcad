"""Predictions: their CSV, and scoring among the emotions of a corpus."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from serkit.errors import ManifestError, TrainingError
from serkit.evaluation import Predictions, read_predictions, write_predictions
from serkit.evaluation.predictions import restrict_to_corpus_emotions

EIGHT = ("angry", "calm", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def test_the_csv_has_the_columns_that_it_promises_and_comes_back(predictions, tmp_path):
    write_predictions(tmp_path / "predictions.csv", predictions)
    table = pandas.read_csv(tmp_path / "predictions.csv")
    assert list(table)[:5] == ["file", "corpus", "speaker", "emotion", "fold"]
    assert list(table)[5:] == ["predicted", *(f"p_{name}" for name in predictions.classes)]
    columns = predictions.probabilities.argmax(axis=1)
    assert table["predicted"].tolist() == [predictions.classes[column] for column in columns]
    again = read_predictions(tmp_path)
    assert again.classes == predictions.classes
    assert "predicted" not in again.rows
    assert again.folds == predictions.folds
    assert again.rows["speaker"].tolist() == predictions.rows["speaker"].tolist()
    assert again.probabilities == pytest.approx(predictions.probabilities, abs=1e-6)


def test_speakers_that_look_like_numbers_keep_their_zeros(tmp_path):
    rows = pandas.DataFrame(
        {"file": ["/a.wav"], "corpus": ["ravdess"], "speaker": ["01"], "emotion": ["sad"]}
    )
    write_predictions(
        tmp_path / "x.csv", Predictions(rows, np.array([[0.2, 0.8]]), ("happy", "sad"), ("01",))
    )
    again = read_predictions(tmp_path / "x.csv")
    assert again.rows["speaker"].tolist() == ["01"]
    assert again.folds == ("01",)


def test_stretches_of_one_file_keep_their_start_and_end(tmp_path):
    rows = pandas.DataFrame(
        {"file": "/a.wav", "start": [0.0, 1.5], "corpus": "mine", "emotion": ["sad", "happy"]}
    )
    write_predictions(tmp_path / "x.csv", Predictions(rows, np.full((2, 2), 0.5), ("happy", "sad")))
    assert read_predictions(tmp_path / "x.csv").rows["start"].tolist() == [0.0, 1.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,corpus,emotion,fold\n/a.wav,x,sad,1\n", "no column p_<class>"),
        ("file,emotion,p_sad\n/a.wav,sad,1\n", "no column corpus, fold"),
        ("", "no predictions to read"),
    ],
)
def test_a_file_that_holds_no_predictions_is_refused(text, message, tmp_path):
    (tmp_path / "predictions.csv").write_text(text)
    with pytest.raises(TrainingError, match=message):
        read_predictions(tmp_path)


def test_a_folder_without_predictions_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="no predictions to read"):
        read_predictions(tmp_path)


def test_an_emotion_that_the_model_does_not_know_is_refused():
    rows = pandas.DataFrame({"corpus": ["emodb"], "emotion": ["boredom"]})
    with pytest.raises(ManifestError, match="emotion 'boredom' is not one that the model tells apart"):
        Predictions(rows, np.array([[0.5, 0.5]]), ("happy", "sad"))


def test_no_clip_is_refused():
    with pytest.raises(ManifestError, match="no clip to evaluate"):
        Predictions(pandas.DataFrame({"emotion": []}), np.empty((0, 2)), ("happy", "sad"))


def test_a_corpus_is_scored_among_its_own_emotions():
    rows = pandas.DataFrame({"corpus": ["crema-d", "ravdess", "mine"], "emotion": "sad"})
    flat = np.full((3, 8), 1 / 8)
    restricted, corpora = restrict_to_corpus_emotions(Predictions(rows, flat, EIGHT))
    assert corpora == ("crema-d",)
    assert restricted.probabilities[0] == pytest.approx([1 / 6, 0, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 0])
    assert np.array_equal(restricted.probabilities[1:], flat[1:])
    assert np.array_equal(flat, np.full((3, 8), 1 / 8))


def test_a_clip_whose_possible_emotions_all_have_probability_zero_stays_defined():
    rows = pandas.DataFrame({"corpus": ["savee"], "emotion": ["sad"]})
    certain = np.array([[0.0, 1.0, 0, 0, 0, 0, 0, 0]])
    restricted, _ = restrict_to_corpus_emotions(Predictions(rows, certain, EIGHT))
    assert restricted.probabilities[0, 1] == 0
    assert restricted.probabilities.sum() == pytest.approx(1)
