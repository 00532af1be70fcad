"""Report pages: self-contained, complete, and safe to open."""

from __future__ import annotations

import re
import struct
from xml.etree import ElementTree

import pytest

from serkit.evaluation import Cost, EvaluationReport, Predictions, RunFacts, evaluate
from serkit.evaluation.pages import write_report
from serkit.evaluation.plots.choices import plot_hyper_parameter, plot_selection
from serkit.evaluation.plots.style import INK
from serkit.evaluation.tables import layer_table, prediction_table
from serkit.models import MODELS
from serkit.models.layers import network_layers

PICTURES = {
    "confusion",
    "recall",
    "reliability",
    "abstention",
    "groups",
    "folds",
    "selection",
    "hyper-parameter",
}


@pytest.fixture(scope="module")
def report(predictions) -> EvaluationReport:
    facts = RunFacts(
        name="a <b>bold</b> name",
        protocol="4 speaker folds",
        leaks={"speaker": 0, "content": 3},
        cautions=("The model knows these speakers.",),
        notes=("Missing: 1091.",),
        cost=Cost(parameters=49_828),
    )
    return evaluate(predictions, facts=facts)


@pytest.fixture(scope="module")
def folder(report, predictions, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_report(report, folder, figures=choices(), tables=tables(predictions))
    return folder


def tables(predictions):
    """The first predictions, and the layers of a small network."""
    layers = network_layers(MODELS["dense"](widths=[4]).network((3,), 2), (3,))
    return [prediction_table(predictions, n_rows=2), layer_table(layers)]


def choices():
    """Pictures of how the model was chosen."""
    return {
        "selection": plot_selection(["", "mel", "chroma"], [0.5, 0.55, 0.4]),
        "hyper-parameter": plot_hyper_parameter("C", [0.1, 1, 10], [0.4, 0.5, 0.45], spread=[0.1, 0.1, 0.1]),
    }


def test_everything_is_written(folder, report):
    assert {path.name for path in folder.iterdir()} == {"pictures", "report.html", "report.json", "report.md"}
    expected = {f"{name}.{suffix}" for name in PICTURES for suffix in ("png", "svg")}
    assert {path.name for path in (folder / "pictures").iterdir()} == expected
    assert EvaluationReport.load(folder) == report


def test_first_predictions_and_layers_stand_in_the_page(folder, predictions):
    text = (folder / "report.md").read_text()
    rows = [line.split(" | ") for line in text.partition("## Actual and predicted")[2].splitlines()]
    said = [row for row in rows if row[0].endswith(".wav")]
    best = predictions.probabilities.argmax(axis=1)
    for row, actual, column in zip(said, predictions.rows["emotion"], best, strict=False):
        assert row[1:3] == [actual, predictions.classes[column]]
    assert len(said) == 2
    assert f"The first 2 of {len(best):,} test clips; predictions.csv holds them all." in text
    assert "| 0 | Linear | 4 | 16 | 0 |" in text
    assert "| total |  |  | 26 | 0 |" in text


def test_the_page_needs_nothing_but_itself(folder):
    page = (folder / "report.html").read_text()
    assert page.count("<svg") == len(PICTURES)
    addresses = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)|url\(([^)]+)\)|@import""", page)
    # Pictures refer to their own parts, and to embedded data; nothing is fetched.
    assert all((one or other).startswith(("#", "data:")) for one, other in addresses)
    assert "<script" not in page


def test_the_page_is_for_phones_and_for_dark_rooms(folder):
    page = (folder / "report.html").read_text()
    assert 'name="viewport" content="width=device-width' in page
    assert "prefers-color-scheme: dark" in page
    assert "currentColor" in page
    assert INK not in page.split("</style>")[1]


def test_texts_are_escaped(folder):
    page = (folder / "report.html").read_text()
    assert "<b>bold" not in page
    assert "a &lt;b&gt;bold&lt;/b&gt; name" in page


def test_cautions_leaks_notes_and_cost_are_shown(folder):
    for name in ("report.html", "report.md"):
        text = (folder / name).read_text()
        for fact in (
            "The model knows these speakers.",
            "identical recordings",
            "not checked",
            "Missing: 1091.",
        ):
            assert fact in text
        assert "49,828" in text


def test_the_numbers_are_those_of_the_report(folder, report):
    markdown = (folder / "report.md").read_text()
    uar = report.uar
    assert f"| UAR | {100 * uar.value:.1f} | {uar.interval} |" in markdown
    for one in report.per_class:
        assert f"| {one.emotion} | {one.n_clips} | {100 * one.recall.value:.1f} |" in markdown
    mean, deviation = report.fold_mean("uar")
    assert f"| mean |  | {100 * mean:.1f} ± {100 * deviation:.1f} |" in markdown


def test_every_markdown_table_is_rectangular(folder):
    blocks = re.findall(r"(?:^\|.*\n)+", (folder / "report.md").read_text(), flags=re.MULTILINE)
    assert len(blocks) >= 6
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_pictures_are_sharp_and_well_formed(folder):
    for path in (folder / "pictures").glob("*.png"):
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert min(width, height) >= 500
    for path in (folder / "pictures").glob("*.svg"):
        ElementTree.parse(path)


def test_the_same_report_gives_the_same_files(folder, report, predictions, tmp_path):
    write_report(report, tmp_path, figures=choices(), tables=tables(predictions))
    for name in ("report.html", "report.md", "report.json", "pictures/confusion.svg"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_report_without_groups_or_folds_or_speakers_is_written_too(predictions, tmp_path):
    rows = predictions.rows[["file", "corpus", "emotion"]].head(3)
    bare = evaluate(
        Predictions(rows, predictions.probabilities[:3], predictions.classes), facts=RunFacts(name="bare")
    )
    write_report(bare, tmp_path)
    assert "speakers not known" in (tmp_path / "report.html").read_text()
    assert not (tmp_path / "pictures" / "groups.png").exists()
