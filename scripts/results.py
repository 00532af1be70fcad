"""Measure the shipped classical recipes on the acted corpora and write docs/results.md.

``python scripts/results.py --corpora DIR``, where DIR holds the folders ravdess, cremad, savee and tess.
A run that was interrupted goes on with the first fold that is missing; one that is done is only read.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from serkit import __version__
from serkit.corpora import CORPORA, scan_corpora
from serkit.errors import SerkitError
from serkit.evaluation.tables import percent, summary_line
from serkit.files import cache_path, write_text
from serkit.recipe import load_recipe
from serkit.training import train
from serkit.training.plan import library_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas

    from serkit.evaluation.report import Score
    from serkit.training import TrainingRun

RECIPES = {
    "functionals-logistic-regression": "logistic regression",
    "functionals-svm-rbf": "SVM, RBF kernel",
}
# Folder of each corpus, which is also the name of the recipes' protocol for it.
FOLDERS = {"ravdess": "ravdess", "crema-d": "cremad", "savee": "savee", "tess": "tess"}
SCORES = "model|UAR %|mean of folds|WAR %|macro F1 %|ECE %|chosen parameters|training time"
# Best classifier on the ComParE 2013 functionals, scaled by training rows alone; Keesing et al. (2021).
COMPARE_UAR = {"ravdess": 59, "crema-d": 61, "savee": 47, "tess": 47}

HEAD = """\
# Results

What the shipped classical recipes reach on speakers that they never heard. All of this page is written by

```
{command}
```

with serkit {version} ({libraries}), where `CORPORA` holds the folders {folders}.
"""

NOTES = """\
## How to read this

- **Scores** pool the test clips of all folds; each clip is tested once, by a model that heard no clip of
  its speaker. *UAR* is the unweighted average recall, the mean of the recalls of the emotions; *WAR* the
  share of right decisions; *ECE* the expected calibration error of the probabilities. *Mean of folds* is
  the UAR of each fold, averaged, ± the standard deviation over folds.
- **Intervals**, in brackets, hold the middle 95 % of 1,000 bootstrap draws of the test speakers. They say
  how much a score depends on who was tested, not on who was trained on. Over two to four speakers, as in
  TESS and SAVEE, an interval is a rough one and too narrow: read it as a hint.
- **Chosen parameters** are the lowest and the highest value that the folds chose from the grid of the
  recipe. Each fold chooses them, and the temperature of its probabilities, on held-out speakers of its
  training part; its test part is predicted once.
- **TESS** has only two speakers, so that a training part holds a single one and the inner search cannot
  hold out speakers. It holds out statements instead, here the words after "Say the word": what it chooses
  fits the voice that it heard, and perhaps not the other.
- **The features were designed** with cross-validated scores of these very corpora in sight, so that all of
  these scores are a little too friendly: [why these features](explanation/why-these-features.md).
- **Training time** is the wall time of search, calibration and fit of all folds, not that of the features.
- **ComParE 2013**, for orientation, is the best of the classifiers that Keesing et al. (Interspeech 2021,
  results in the notebook `display_results.ipynb` of their repository Strong-AI-Lab/emotion) trained on the
  functionals of that challenge, scaled by training rows alone and tested on unseen speakers; for RAVDESS
  and CREMA-D on six groups of speakers.
"""


class Section(NamedTuple):
    """One corpus: its recordings and the run of each recipe."""

    corpus: str
    rows: pandas.DataFrame
    runs: dict[str, TrainingRun]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    sections = [_measure(corpus, options) for corpus in FOLDERS]
    write_text(options.out, page(sections, changes=options.changes))
    print(options.out)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the corpora")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"), metavar="FILE")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of the runs")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="how much to do at once")
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="KEY=VALUE", help="change the recipes"
    )
    return parser.parse_args(arguments)


def _measure(corpus: str, options: argparse.Namespace) -> Section:
    """Run every recipe on one corpus."""
    folder = options.corpora / FOLDERS[corpus]
    rows = scan_corpora({corpus: folder}, workers=options.workers, progress=True)
    runs = {}
    for name in RECIPES:
        print(f"{name} on {corpus}, {len(rows):,} clips", file=sys.stderr)
        runs[name] = train(
            load_recipe(name, options.changes),
            rows,
            out=options.runs / f"{name}-{corpus}",
            protocol=corpus,
            cache=cache_path("features"),
            workers=options.workers,
            progress=True,
            bundle=False,
        )
    return Section(corpus, rows, runs)


def page(sections: Sequence[Section], *, changes: Sequence[str] = ()) -> str:
    """Return the page of all corpora."""
    given = [part for change in changes for part in ("--set", change)]
    command = shlex.join(["python", "scripts/results.py", "--corpora", "CORPORA", *given])
    libraries = ", ".join(
        f"{name} {version}" for name, version in library_versions().items() if name != "serkit"
    )
    folders = ", ".join(f"`{folder}`" for folder in FOLDERS.values())
    head = HEAD.format(command=command, version=__version__, libraries=libraries, folders=folders)
    return "\n".join([head, *map(_section, sections), NOTES])


def _section(section: Section) -> str:
    corpus = CORPORA[section.corpus]
    reports = [run.report for run in section.runs.values()]
    emotions = [one.emotion for one in reports[0].per_class]
    recalls = [
        (RECIPES[name], *(str(one.recall) for one in run.report.per_class))
        for name, run in section.runs.items()
    ]
    remarks = dict.fromkeys(remark for one in reports for remark in (*one.facts.cautions, *one.facts.notes))
    return "\n".join(
        [
            f"## {corpus.title} ({corpus.name})\n",
            f"{_edition(section)} Licence: {corpus.licence}.\n",
            f"Protocol: {summary_line(reports[0])} · {len(reports[0].folds)} folds. "
            f"ComParE 2013: {COMPARE_UAR[section.corpus]} % UAR.\n",
            _table(SCORES, [_scores(name, run) for name, run in section.runs.items()]),
            "Recall of each emotion, %:\n",
            _table("|".join(["model", *emotions]), recalls),
            *(f"- {remark}" for remark in remarks),
            "",
        ]
    )


def _edition(section: Section) -> str:
    """Say how much of the published corpus was there."""
    corpus = CORPORA[section.corpus]
    clips, speakers = sum(corpus.counts["speech"].values()), len(corpus.speakers)
    found = section.rows["speaker"].nunique()
    return f"Used: {len(section.rows):,} of {clips:,} published clips, {found} of {speakers} speakers."


def _scores(name: str, run: TrainingRun) -> tuple[str, ...]:
    mean, deviation = run.report.fold_mean("uar")
    scores: Iterable[Score] = (run.report.scores[score] for score in ("war", "macro_f1", "ece"))
    seconds = run.report.facts.cost.training_s or 0.0
    return (
        RECIPES[name],
        f"**{run.report.uar}**",
        f"{percent(mean)} ± {percent(deviation)}",
        *map(str, scores),
        ", ".join(_chosen(run)),
        f"{seconds:,.0f} s",
    )


def _chosen(run: TrainingRun) -> list[str]:
    """Say from where to where each searched parameter was chosen."""
    records = [fold.record for fold in run.folds]
    searched = records[0].candidates[0].parameters if records[0].candidates else {}
    values = {name: sorted({record.parameters[name] for record in records}) for name in searched}
    return [
        f"{name} {few[0]:g}" if len(few) == 1 else f"{name} {few[0]:g}–{few[-1]:g}"
        for name, few in values.items()
    ]


def _table(header: str, rows: Iterable[tuple[str, ...]]) -> str:
    names = header.split("|")
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    try:
        main()
    except SerkitError as error:
        sys.exit(f"results.py: {error}")
