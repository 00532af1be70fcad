"""Pictures show the numbers that they were given, with labelled axes and without global state."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from matplotlib.colors import to_rgb

from serkit.audio import Clip
from serkit.evaluation import RunFacts, evaluate
from serkit.evaluation.plots import choices, clips, corpora, scores, style, training
from serkit.models.history import Epoch

RATE = 16_000


@pytest.fixture(scope="module")
def report(predictions):
    return evaluate(predictions, facts=RunFacts(name="toy"))


@pytest.fixture(scope="module")
def tone() -> Clip:
    """One second of 1 kHz that begins two seconds into its recording, with noise far below."""
    time = np.arange(RATE) / RATE
    noise = 1e-4 * np.random.default_rng(0).standard_normal(RATE)
    return Clip((0.5 * np.sin(2 * np.pi * 1000 * time) + noise).astype(np.float32), RATE, start=2.0)


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_axis_of_every_picture_has_a_name_and_every_picture_a_title(report, tone):
    manifest = pandas.DataFrame(
        {"file": "a", "corpus": "x", "emotion": ["sad", "happy"], "duration": [1.0, 2.0]}
    )
    manifest = manifest.assign(speaker=["1", "2"], gender=["female", None])
    figures = {
        "training": training.plot_curves([history(3)]),
        **scores.report_figures(report),
        **clips.clip_figures(tone),
        **corpora.manifest_figures(manifest),
        "selection": choices.plot_selection(["", "mel"], [0.4, 0.5]),
        "hyper-parameter": choices.plot_hyper_parameter("C", [1, 10], [0.4, 0.5]),
        "runs": choices.plot_runs([("a", report.uar), ("b", report.uar)]),
    }
    for name, figure in figures.items():
        axes = figure.axes
        assert figure.get_suptitle(), name
        assert any(one.get_xlabel() for one in axes), name
        y_is_named_by_its_ticks = {"recall", "groups", "classes", "speakers", "runs"}
        assert axes[0].get_ylabel() or name in y_is_named_by_its_ticks, name


def test_no_picture_is_kept_in_global_state(report):
    from matplotlib import pyplot

    scores.report_figures(report)
    assert pyplot.get_fignums() == []


def test_the_confusion_shows_counts_and_shares(report):
    shown = texts(scores.plot_confusion(report))
    counts = np.array(report.confusion)
    assert f"{counts[0, 0]:,}" in shown
    assert f"{100 * counts[0, 0] / counts[0].sum():.0f}" in shown
    assert len(shown) == 2 * np.count_nonzero(counts)


@pytest.mark.parametrize("share", np.linspace(0, 1, 11))
def test_text_on_the_share_colours_can_be_read(share):
    """Contrast of at least 4.5 to 1, as WCAG asks for."""

    def luminance(color) -> float:
        channels = np.array(to_rgb(color))
        linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(style.SHARES(share)), luminance(style.ink_on(share))))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_recall_bars_have_the_recalls_as_length(report):
    axes = scores.plot_recall(report).axes[0]
    lengths = [bar.get_width() for bar in axes.patches]
    assert lengths == pytest.approx([one.recall.value for one in reversed(report.per_class)])


def test_the_selection_curve_marks_its_best_step():
    figure = choices.plot_selection(["", "mel", "chroma"], [0.5, 0.6, 0.4])
    assert figure.get_suptitle() == "Backward selection: best with 2 of 3 feature blocks"
    ticks = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert ticks == ["3 (all)", "2 (– mel)", "1 (– chroma)"]


def test_class_counts_are_stacked_to_their_totals():
    manifest = pandas.DataFrame({"corpus": ["a", "a", "b"], "emotion": ["sad", "happy", "sad"]})
    figure = corpora.plot_class_counts(manifest)
    assert texts(figure) == ["1", "2"]


def test_speakers_are_counted_by_corpus_and_sex():
    manifest = pandas.DataFrame(
        {
            "file": "x",
            "corpus": ["a", "a", "b", "b"],
            "speaker": ["1", "1", "1", "2"],
            "gender": ["male"] * 3 + [None],
        }
    )
    assert texts(corpora.plot_speakers(manifest)) == ["2 with 1 clips each", "1 with 2 clips each"]


def test_a_tone_lies_at_its_frequency_and_time(tone):
    figure = clips.plot_db_spectrogram(tone)
    (image,) = figure.axes[0].get_images()
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (2.0, 3.0, 0.0, 8.0)
    values = image.get_array()
    loudest = values.mean(axis=1).argmax() / (values.shape[0] - 1) * top
    assert loudest == pytest.approx(1.0, abs=0.05)
    assert values.max() == 0.0


def test_the_mel_axis_names_the_right_bands(tone):
    axes = clips.plot_mel(tone).axes[0]
    band = axes.get_images()[0].get_array().mean(axis=1).argmax() + 0.5
    position = dict(
        zip([tick.get_text() for tick in axes.get_yticklabels()], axes.get_yticks(), strict=True)
    )["1"]
    assert band == pytest.approx(position, abs=1.0)


def test_zero_crossings_of_a_tone_are_counted(tone):
    title = clips.plot_zero_crossings(tone).get_suptitle()
    # Twelve and a half periods hold 24 or 25, as the phase falls.
    assert title in {f"200 samples (12.5 ms): {count} zero crossings" for count in (24, 25)}


def test_a_clip_shorter_than_the_zoom_is_drawn_whole():
    clip = Clip(np.sin(np.arange(90, dtype=np.float32)), RATE)
    assert clips.plot_zero_crossings(clip).get_suptitle().startswith("90 samples")


def test_the_centroid_of_a_tone_is_its_frequency(tone):
    line = clips.plot_centroid(tone).axes[1].lines[0]
    assert np.nanmedian(line.get_ydata()) == pytest.approx(1.0, abs=0.1)
    assert line.get_xdata()[0] == 2.0


def test_the_wave_keeps_its_peak(tone):
    loud = Clip(np.where(np.arange(RATE) == 7777, 0.9, tone.signal).astype(np.float32), RATE)
    path = clips.plot_wave(loud).axes[0].collections[0].get_paths()[0]
    assert path.vertices[:, 1].max() == pytest.approx(0.9)


def history(n_epochs: int, *, dev: bool = True, first: float = 2.0) -> list[Epoch]:
    scores = {"dev_loss": 1.5, "dev_uar": 0.4} if dev else {}
    return [
        Epoch(learning_rate=0.1, train_loss=first / (1 + number), train_accuracy=number / 100, **scores)
        for number in range(n_epochs)
    ]


def test_curves_hold_every_fold_and_dev_rows_where_they_were_looked_at():
    histories = [history(9), history(5), history(7, dev=False)]
    loss, accuracy = training.plot_curves(histories).axes
    assert [len(line.get_xdata()) for line in loss.lines] == [9, 5, 7, 9, 5]
    assert loss.lines[0].get_ydata().tolist() == [epoch.train_loss for epoch in histories[0]]
    assert accuracy.lines[3].get_ydata().tolist() == [0.4] * 9
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["train", "dev"]
    (alone,) = training.plot_curves([history(3, dev=False)]).axes[1].get_legend().get_texts()
    assert alone.get_text() == "train"


def test_a_loss_that_begins_far_above_chance_is_drawn_on_a_logarithmic_axis():
    scales = [training.plot_curves([history(9, first=first)]).axes[0].get_yscale() for first in (2.0, 74.0)]
    assert scales == ["linear", "log"]
