"""Measure the shipped recipes and write docs/results.md and the log of their runs, docs/results-log.md.

``python scripts/results.py --corpora DIR``, where DIR holds the folders ravdess, cremad, savee and tess.
Each finished run is kept in docs/results-runs.json at once, and the pages are written from that file alone.
What stands there is not run again, unless its recipe has changed; a run that was interrupted goes on where
it stopped. ``--only RECIPE`` trains the runs of this recipe alone, ``--protocol NAME`` those under this
protocol. Without ``--corpora`` nothing is trained. What has not been run is written down as that.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clip_times import ms_per_clip
from reference_systems import PUBLISHED, VARIATIONS
from results_pages import FOLDERS, RECIPES, log_page, results_page
from run_records import Job, Results, read_run

from serkit.corpora import scan_corpora
from serkit.errors import SerkitError
from serkit.files import cache_path, write_text
from serkit.recipe import load_recipe
from serkit.training import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas

    Scans = dict[tuple[str, ...], pandas.DataFrame]

HELLO = Path(__file__).parents[1] / "examples" / "hello.wav"
PROTOCOLS = ("as_published", "speaker_independent")


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    kept = options.out.with_name("results-runs.json")
    results = Results.load(kept)
    jobs = list_jobs(tuple(options.changes))
    if options.corpora:
        _measure_missing(jobs, results, kept, options)
    current = results.current()
    records = {job: current[job] for job in jobs if job in current}
    write_text(options.out, results_page(records, changes=options.changes, times=results.ms_per_clip))
    write_text(options.out.with_name("results-log.md"), log_page(records))
    print(options.out)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="folder of the corpora")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"), metavar="FILE")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of the runs")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="how much to do at once")
    parser.add_argument("--only", nargs="+", metavar="RECIPE", help="train the runs of these recipes alone")
    parser.add_argument("--protocol", metavar="NAME", help="train the runs under this protocol alone")
    parser.add_argument(
        "--again", nargs="*", default=[], metavar="RECIPE", help="run these as published a second time"
    )
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="KEY=VALUE", help="change the recipes"
    )
    return parser.parse_args(arguments)


def list_jobs(changes: tuple[str, ...] = ()) -> list[Job]:
    """List every run of the page."""
    unseen = [Job(name, corpus, changes) for corpus in FOLDERS for name in RECIPES]
    systems = [Job(one.recipe, protocol, changes) for one in PUBLISHED for protocol in PROTOCOLS]
    varied = [Job(one.recipe, "as_published", (*changes, *one.changes)) for one in VARIATIONS]
    repeated = [Job(one.recipe, "as_published", changes, again=True) for one in PUBLISHED]
    return [*unseen, *systems, *varied, *repeated]


def _measure_missing(jobs: list[Job], results: Results, kept: Path, options: argparse.Namespace) -> None:
    """Run what is wanted and not known yet, and keep each result as soon as it is there."""
    scans: Scans = {}
    done = results.current()
    for job in jobs:
        if _is_wanted(job, options) and job not in done:
            _measure(job, options, scans)
            results.add(read_run(job, options.runs))
            results.save(kept)
    measured = {run.recipe for run in results.runs} & {one.recipe for one in PUBLISHED}
    for name in sorted(measured - set(results.ms_per_clip)):
        results.ms_per_clip[name] = round(ms_per_clip(load_recipe(name), HELLO), 1)
        results.save(kept)


def _is_wanted(job: Job, options: argparse.Namespace) -> bool:
    if job.again:
        return job.recipe in options.again
    named = options.only is None or job.recipe in options.only
    return named and options.protocol in (None, job.protocol)


def _measure(job: Job, options: argparse.Namespace, scans: Scans) -> None:
    """Run one recipe under one of its protocols."""
    recipe = job.load()
    corpora = tuple(sorted(recipe.corpora(job.protocol)))
    if corpora not in scans:
        folders = {corpus: options.corpora / FOLDERS[corpus] for corpus in corpora}
        scans[corpora] = scan_corpora(folders, workers=options.workers, progress=True)
    rows = scans[corpora]
    print(f"{job.folder}, {len(rows):,} clips", file=sys.stderr)
    train(
        recipe,
        rows,
        out=options.runs / job.folder,
        protocol=job.protocol,
        cache=cache_path("features"),
        workers=options.workers,
        progress=True,
        bundle=False,
    )


if __name__ == "__main__":
    try:
        main()
    except SerkitError as error:
        sys.exit(f"results.py: {error}")
