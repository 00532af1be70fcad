"""The pages that scripts/results.py writes, from nothing but the records of finished runs."""

from __future__ import annotations

import math
import shlex
import statistics
from typing import TYPE_CHECKING

from reference_systems import PUBLISHED, SYSTEMS, VARIATIONS
from run_records import Job

from serkit.corpora import CORPORA
from serkit.evaluation import Score
from serkit.evaluation.tables import percent
from serkit.recipe import load_recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reference_systems import Published, Variation
    from run_records import RunRecord

    Records = Mapping[Job, RunRecord]

RECIPES = {
    "functionals-logistic-regression": "logistic regression",
    "functionals-svm-rbf": "SVM, RBF kernel",
    "functionals-landmarks": "comparison with 1,500 clips",
}
# Folder of each corpus, which is also the name of the recipes' protocol for it.
FOLDERS = {"ravdess": "ravdess", "crema-d": "cremad", "savee": "savee", "tess": "tess"}
# The one of them that stands beside the published systems.
IMPROVED = "functionals-landmarks"
NOT_RUN = "not run"
SEED = "seed="
SCORES = "model|UAR %|mean of folds|WAR %|macro F1 %|ECE %|chosen parameters|training time"
SYSTEM_SCORES = (
    "recipe|published accuracy|as published: accuracy|the published one is|"
    "as published: accuracy in training|"
    "unseen speakers: accuracy|unseen speakers: UAR|"
    "training time, as published / unseen|parameters|ms per clip"
)
VARIED = "recipe|published accuracy|changed|seeds|accuracy %"
LOG = "run|seed|training time|test clips|accuracy %|UAR %|checksum of the test probabilities"
# Best classifier on the ComParE 2013 functionals, scaled by training rows alone; Keesing et al. (2021).
COMPARE_UAR = {"ravdess": 59, "crema-d": 61, "savee": 47, "tess": 47}

HEAD = """\
# Results

What the shipped recipes reach: first our own, on speakers that they never heard; then those of five published
systems, under the protocol that each published and on unseen speakers. All of this page is written by

```
{command}
```

with {versions}, where `CORPORA` holds the folders {folders}. Every run, with its own
command, seed and time, stands in the [log](results-log.md), and what both pages say of it is kept in
[results-runs.json](results-runs.json).
"""

SYSTEMS_HEAD = """\
## The five reference systems, twice

Each recipe is trained and tested twice: cut *as published*, and on *unseen speakers*. Only system 2 published
a test on unseen speakers; the other splits share speakers, and system 1 even altered its recordings before
the split. [Leakage](leakage.md) shows what that is worth.

All values in per cent. The accuracies *as published* are among all emotions of the recipe, as the systems
count them; those on unseen speakers are among the emotions of the corpus that a clip is from. The *accuracy
in training* is that of a network's last epoch, on the very rows that it learns from, dropout at work.

In brackets, 95 % intervals: on unseen speakers over speakers; as published over test clips, that is, what
the draw of so few clips leaves open. The column behind it says where the published accuracy lies. If it is
*inside*, these clips cannot tell it from ours; if it is *above* or *below*, chance in the draw of the clips
does not explain the difference.
"""

BESIDE_HEAD = """\
### Beside our recipe, on each corpus

UAR on unseen speakers: `{ours}` in the runs at the head of this page, and of each system the one of its
models that heard that corpus best. Of models that learned several corpora, it is the score on the test clips
of that corpus alone. The cuts are not the same ones everywhere; no test speaker is ever in training.
"""

VARIATIONS_HEAD = """\
### What was assumed, varied

Where a source does not say a setting, or a score as published is missed, the setting is varied under the
published protocol. All that was tried is here. None of it was chosen for the recipe by these scores. Where
only the seed differs, the accuracies stand together, in the order of their seeds.
"""

NOTES = """\
## How to read this

- **Scores** pool the test clips of all folds; each clip is tested once, by a model that heard no clip of
  its speaker. *UAR* is the unweighted average recall, the mean of the recalls of the emotions; *WAR* the
  share of right decisions; *ECE* the expected calibration error of the probabilities. *Mean of folds* is
  the UAR of each fold, averaged, ± the standard deviation over folds.
- **Intervals over speakers**, in brackets, hold the middle 95 % of 1,000 bootstrap draws of the test
  speakers. They say how much a score depends on who was tested, not on who was trained on. Over two to four
  speakers, as in TESS and SAVEE, an interval is a rough one and too narrow: read it as a hint.
- **Intervals over test clips**, of the accuracies as published, are Wilson's. The clips of one actor resemble
  each other, so that they are rather too narrow where few actors are tested; and a published accuracy has as
  wide an interval of its own. They know nothing of the seed of a network: for that, see what was varied.
- **Chosen parameters** are the lowest and the highest value that the folds chose from the grid of the
  recipe. Each fold chooses them, and the temperature of its probabilities, on held-out speakers of its
  training part; its test part is predicted once.
- **TESS** has only two speakers, so that a training part holds a single one and the inner search cannot
  hold out speakers. It holds out statements instead, here the words after "Say the word": what it chooses
  fits the voice that it heard, and perhaps not the other.
- **The features were designed** with cross-validated scores of these very corpora in sight, so that all
  scores of our own recipes are a little too friendly:
  [why these features](explanation/why-these-features.md).
- **Training time** is the wall time of search, calibration and fit of all folds, not that of the features.
  It depends on the machine and on what else it was doing.
- **Milliseconds per clip** are those of features and model for a clip of three seconds, in one thread.
- **ComParE 2013**, for orientation, is the best of the classifiers that Keesing et al. (Interspeech 2021,
  results in the notebook `display_results.ipynb` of their repository Strong-AI-Lab/emotion) trained on the
  functionals of that challenge, scaled by training rows alone and tested on unseen speakers; for RAVDESS
  and CREMA-D on six groups of speakers.
"""

LOG_HEAD = """\
# Log of the runs

Every run behind the [results](results.md), written by `scripts/results.py`. To each command belong the
folders of its corpora, `--corpus NAME=DIR`. Runs with one checksum came to the same test probabilities, to
five decimals.
"""


def results_page(
    records: Records, *, changes: Sequence[str] = (), times: Mapping[str, float] | None = None
) -> str:
    """Return docs/results.md; `times` are milliseconds per clip of each recipe."""
    given = [part for change in changes for part in ("--set", change)]
    command = shlex.join(["python", "scripts/results.py", "--corpora", "CORPORA", *given])
    versions = "; ".join(dict.fromkeys(run.versions for run in records.values())) or NOT_RUN
    folders = ", ".join(f"`{folder}`" for folder in FOLDERS.values())
    head = HEAD.format(command=command, versions=versions, folders=folders)
    unseen = [_section(corpus, records, tuple(changes)) for corpus in FOLDERS]
    return "\n".join([head, *unseen, *_systems(records, tuple(changes), times or {}), NOTES])


def log_page(records: Records) -> str:
    """Return docs/results-log.md."""
    return f"{LOG_HEAD}\n{_table(LOG, map(_log_row, records.values()))}"


def _section(corpus: str, records: Records, changes: tuple[str, ...]) -> str:
    """Return what is known of our own recipes on one corpus."""
    facts = CORPORA[corpus]
    title = f"## {facts.title} ({facts.name})\n"
    runs = {name: records[job] for name in RECIPES if (job := Job(name, corpus, changes)) in records}
    if not runs:
        return f"{title}\n{NOT_RUN.capitalize()}.\n"
    first = next(iter(runs.values()))
    recalls = [(RECIPES[name], *map(str, run.recalls.values())) for name, run in runs.items()]
    remarks = dict.fromkeys(remark for run in runs.values() for remark in run.remarks)
    return "\n".join(
        [
            title,
            f"{_edition(corpus, first)} Licence: {facts.licence}.\n",
            f"Protocol: {first.tested} · {first.n_folds} folds. ComParE 2013: {COMPARE_UAR[corpus]} % UAR.\n",
            _table(SCORES, [_scores(name, runs.get(name)) for name in RECIPES]),
            "Recall of each emotion, %:\n",
            _table("|".join(["model", *first.recalls]), recalls),
            *(f"- {remark}" for remark in remarks),
            "",
        ]
    )


def _edition(corpus: str, run: RunRecord) -> str:
    """Say how much of the published corpus was there."""
    facts = CORPORA[corpus]
    clips, speakers = sum(facts.counts["speech"].values()), len(facts.speakers)
    return f"Used: {run.n_clips:,} of {clips:,} published clips, {run.n_speakers} of {speakers} speakers."


def _scores(name: str, run: RunRecord | None) -> tuple[str, ...]:
    if run is None:
        return (RECIPES[name], *[NOT_RUN] * (SCORES.count("|")))
    fold_mean = " ± ".join(map(percent, run.fold_uar or ()))
    scores = [str(run.scores[name]) for name in ("war", "macro_f1", "ece")]
    return RECIPES[name], f"**{run.uar}**", fold_mean, *scores, chosen_text(run.chosen), _time(run)


def chosen_text(chosen: Mapping[str, tuple[float, float]]) -> str:
    """Say from where to where each searched parameter was chosen."""
    return ", ".join(
        f"{name} {low:g}" if low == high else f"{name} {low:g}–{high:g}"
        for name, (low, high) in chosen.items()
    )


def _systems(records: Records, changes: tuple[str, ...], times: Mapping[str, float]) -> Iterator[str]:
    """Yield the part about the reference systems."""
    yield SYSTEMS_HEAD
    for number, what in enumerate(SYSTEMS):
        yield f"### System {number}: {what}\n"
        of_system = [one for one in PUBLISHED if one.system == number]
        rows = [(*_system_row(one, records, changes), _ms(times.get(one.recipe))) for one in of_system]
        yield _table(SYSTEM_SCORES, rows)
    yield BESIDE_HEAD.format(ours=IMPROVED)
    yield _table("|".join(["model", *FOLDERS]), _beside_rows(records, changes))
    yield VARIATIONS_HEAD
    yield _table(VARIED, _variation_rows(records, changes))


def _system_row(one: Published, records: Records, changes: tuple[str, ...]) -> tuple[str, ...]:
    published = records.get(Job(one.recipe, "as_published", changes))
    honest = records.get(Job(one.recipe, "speaker_independent", changes))
    known = published or honest
    parameters = known.n_parameters if known else None
    return (
        f"`{one.recipe}`",
        f"{one.accuracy:.1f}" + (f" ({one.also})" if one.also else ""),
        *_as_published(one, published),
        percent(published.train_accuracy) if published else NOT_RUN,
        str(honest.scores["war"]) if honest else NOT_RUN,
        f"**{honest.uar}**" if honest else NOT_RUN,
        f"{_time(published)} / {_time(honest)}",
        f"{parameters:,}" if parameters else "–",
    )


def _beside_rows(records: Records, changes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield our recipe and each system, with a score for each corpus."""
    ours = [records.get(Job(IMPROVED, corpus, changes)) for corpus in FOLDERS]
    yield f"`{IMPROVED}`", *(f"**{run.uar}**" if run else NOT_RUN for run in ours)
    for number in range(len(SYSTEMS)):
        jobs = [Job(one.recipe, "speaker_independent", changes) for one in PUBLISHED if one.system == number]
        yield f"system {number}", *(_best(corpus, jobs, records) for corpus in FOLDERS)


def _best(corpus: str, jobs: Sequence[Job], records: Records) -> str:
    """Return the best UAR of a system's models on a corpus that it learns."""
    jobs = [job for job in jobs if corpus in load_recipe(job.recipe).corpora(job.protocol)]
    scores = {job: records[job].corpus_uar(corpus) for job in jobs if job in records}
    if not scores:
        return NOT_RUN if jobs else "–"
    best = max(scores, key=lambda job: scores[job].value or 0.0)
    return f"{scores[best]}, `{best.recipe}`"


def _ms(time: float | None) -> str:
    return NOT_RUN if time is None else f"{time:.1f}"


def _as_published(one: Published, run: RunRecord | None) -> tuple[str, str]:
    """Return our accuracy with its interval, and where the published one lies."""
    if run is None:
        return NOT_RUN, NOT_RUN
    low, high = wilson_interval(round(run.accuracy * run.n_clips), run.n_clips)
    text = str(Score(value=run.accuracy, low=low, high=high))
    if one.also:
        precision, recall = map(percent, run.at_half or (None, None))
        text += f", precision {precision}, recall {recall} at 0.5"
    published = one.accuracy / 100
    return text, "above" if published > high else "below" if published < low else "inside"


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share without correction for continuity (Wilson, 1927)."""
    z = statistics.NormalDist().inv_cdf(0.975)
    share, weight = right / total, z**2 / total
    half = z * math.sqrt(share * (1 - share) / total + weight / (4 * total))
    return (share + weight / 2 - half) / (1 + weight), (share + weight / 2 + half) / (1 + weight)


def _variation_rows(records: Records, changes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    published = {one.recipe: f"{one.accuracy:.1f}" for one in PUBLISHED}
    for (recipe, changed), seeds in seed_groups(VARIATIONS).items():
        runs = [records.get(Job(recipe, "as_published", (*changes, *changed, *seed))) for seed in seeds]
        what = ", ".join(f"`{change}`" for change in changed) or "nothing but the seed"
        numbers = ", ".join(seed[0].removeprefix(SEED) if seed else "0" for seed in seeds)
        yield f"`{recipe}`", published[recipe], what, numbers, _accuracies(runs)


def seed_groups(
    variations: Iterable[Variation],
) -> dict[tuple[str, tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the seeds of each recipe and its other changes; the recipe itself was run with seed 0."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, ...]]] = {}
    for one in variations:
        changed = tuple(change for change in one.changes if not change.startswith(SEED))
        seeds = groups.setdefault((one.recipe, changed), [] if changed else [()])
        seeds.append(one.changes[len(changed) :])
    return groups


def _accuracies(runs: Sequence[RunRecord | None]) -> str:
    text = ", ".join(percent(run.accuracy) if run else NOT_RUN for run in runs)
    known = [run.accuracy for run in runs if run]
    return f"{text}: mean {percent(statistics.fmean(known))}" if len(known) == len(runs) > 1 else text


def _log_row(run: RunRecord) -> tuple[str, ...]:
    return (
        f"`{run.job.command}`" + (", again" if run.job.again else ""),
        str(run.seed),
        _time(run),
        f"{run.n_clips:,}",
        percent(run.accuracy),
        percent(run.uar.value),
        run.digest,
    )


def _time(run: RunRecord | None) -> str:
    return f"{run.training_s:,.0f} s" if run else NOT_RUN


def _table(header: str, rows: Iterable[tuple[str, ...]]) -> str:
    names = header.split("|")
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
