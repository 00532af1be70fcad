"""Make the folds of a protocol."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serkit.errors import SplitError
from serkit.splits.leaks import check_leaks, speaker_groups
from serkit.splits.published import PublishedFolds, published_folds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas
    from numpy.typing import NDArray

    from serkit.splits.protocol import Protocol

    Positions = NDArray[np.intp]
    Keys = NDArray[np.object_]


def _no_rows() -> Positions:
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Fold:
    """The rows of one train, dev and test part.

    Attributes
    ----------
    name : str
        Name of the fold within its protocol: a number, a speaker or a corpus.
    train, test, dev : ndarray of int
        Row positions in the manifest, ascending and disjoint. `dev` may be empty.
    missing : tuple of str
        Speakers or files that the published list names and the manifest lacks.
    """

    name: str
    train: Positions
    test: Positions
    dev: Positions = field(default_factory=_no_rows)
    missing: tuple[str, ...] = ()


def sides(n_rows: int, folds: Sequence[Fold]) -> Positions:
    """Return numbers that are equal for rows that are in the same part of each fold.

    What such rows share crosses no split.

    Parameters
    ----------
    n_rows : int
        Rows of the manifest.
    folds : sequence of Fold
        Positions among them.

    Returns
    -------
    ndarray of int, shape (n_rows,)

    Examples
    --------
    >>> folds = [Fold("1", np.array([0, 1]), np.array([2])), Fold("2", np.array([1, 2]), np.array([0]))]
    >>> sides(4, folds).tolist()
    [2, 1, 3, 0]
    """
    parts = np.zeros((n_rows, len(folds)), dtype=np.intp)
    for number, fold in enumerate(folds):
        for part, rows in enumerate((fold.train, fold.dev, fold.test), start=1):
            parts[rows, number] = part
    return np.unique(parts, axis=0, return_inverse=True)[1].ravel()


def make_folds(manifest: pandas.DataFrame, protocol: Protocol) -> list[Fold]:
    """Cut a manifest as the protocol says, and check every fold for leaks.

    Parameters
    ----------
    manifest : pandas.DataFrame
        The recordings; splits by speaker need the column ``speaker``.
    protocol : Protocol
        How to cut.

    Returns
    -------
    list of Fold
        The same for the same manifest and protocol. Folds of a published list of whose test
        speakers none is in the manifest are left out; their speakers stand in `missing`.

    Raises
    ------
    SplitError
        If the manifest is too small for the protocol or does not fit the published lists.
    LeakError
        If a speaker, a recording or an augmentation parent crosses and the protocol does not allow it.

    Examples
    --------
    >>> import pandas
    >>> from serkit.splits import Protocol
    >>> manifest = pandas.DataFrame({"corpus": "savee", "speaker": ["DC", "JE", "JK", "KL"]})
    >>> folds = make_folds(manifest, Protocol(kind="speaker_folds", folds=2))
    >>> [(fold.name, fold.train.tolist(), fold.test.tolist()) for fold in folds]
    [('1', [2, 3], [0, 1]), ('2', [0, 1], [2, 3])]
    """
    if len(manifest) == 0:
        raise SplitError("an empty manifest cannot be split", hint="scan a folder that holds recordings")
    folds = [_with_dev(manifest, fold, protocol) for fold in _MAKERS[protocol.kind](manifest, protocol)]
    for fold in folds:
        count_leaks(manifest, fold, protocol)
    return folds


def count_leaks(manifest: pandas.DataFrame, fold: Fold, protocol: Protocol) -> dict[str, int]:
    """Check a fold as `check_leaks` does, with what its protocol allows.

    A dev part that is drawn from the rows of the training speakers counts as training.
    """
    if protocol.dev_by == "row":
        fold = Fold(fold.name, np.concatenate([fold.train, fold.dev]), fold.test)
    return check_leaks(manifest, fold, allow=protocol.allow_leaks)


def _random(manifest: pandas.DataFrame, protocol: Protocol) -> list[Fold]:
    train, test = _draw_rows(manifest, np.arange(len(manifest)), protocol, protocol.test or 0.0)
    kept = int(len(train) * (1 - protocol.dev)) if protocol.dev_by == "tail" else len(train)
    return [Fold("1", np.sort(train[:kept]), np.sort(test), np.sort(train[kept:]))]


def _speakers(manifest: pandas.DataFrame, protocol: Protocol) -> list[Fold]:
    groups = speaker_groups(manifest)
    if protocol.test:
        return [_fold("1", _among(groups, _draw_speakers(groups, protocol.test, protocol.seed)))]
    short = manifest["speaker"].astype(str).to_numpy(dtype=object)
    unknown = sorted(set(protocol.speakers) - set(groups) - set(short))
    if unknown:
        raise SplitError(
            f"no such speaker in the manifest: {', '.join(unknown)}",
            hint=f"it holds {', '.join(sorted(set(groups)))}",
        )
    return [_fold("1", _among(groups, protocol.speakers) | _among(short, protocol.speakers))]


def _speaker_folds(manifest: pandas.DataFrame, protocol: Protocol) -> list[Fold]:
    groups, number_of_folds = speaker_groups(manifest), protocol.folds or 0
    corpora = [_ordered_speakers(groups, corpus, protocol.seed) for corpus in _unique(manifest["corpus"])]
    largest = max(len(speakers) for speakers in corpora)
    if number_of_folds > largest:
        raise SplitError(
            f"{number_of_folds} speaker folds need as many speakers in a corpus; the most here is {largest}",
            hint="ask for fewer folds",
        )
    runs = [np.array_split(speakers, number_of_folds) for speakers in corpora]
    return [
        _fold(str(number), _among(groups, np.concatenate(test)))
        for number, test in enumerate(zip(*runs, strict=True), start=1)
    ]


def _ordered_speakers(groups: Keys, corpus: str, seed: int | None) -> Keys:
    """Return the speakers of one corpus, sorted, or shuffled where a seed is given."""
    speakers = np.array([group for group in _unique(groups) if group.startswith(f"{corpus}/")], dtype=object)
    return speakers if seed is None else np.random.default_rng(seed).permutation(speakers)


def _leave_one_out(manifest: pandas.DataFrame, protocol: Protocol) -> list[Fold]:
    by_speaker = protocol.kind == "leave_one_speaker_out"
    keys = speaker_groups(manifest) if by_speaker else manifest["corpus"].astype(str).to_numpy(dtype=object)
    names = _unique(keys)
    if len(names) < 2:
        what = "speaker" if by_speaker else "corpus"
        raise SplitError(f"leaving one {what} out needs two; the manifest holds only {names[0]}")
    return [_fold(name, keys == name) for name in names]


def _published(manifest: pandas.DataFrame, protocol: Protocol) -> list[Fold]:
    lists = [published_folds(name) for name in protocol.published]
    _check_corpora(manifest, lists)
    keys = [_list_keys(manifest, one) for one in lists]
    missing = tuple(name for one, key in zip(lists, keys, strict=True) for name in _missing(one, key))
    dev = _any(_among(key, one.dev) for one, key in zip(lists, keys, strict=True))
    numbered = enumerate(itertools.zip_longest(*(one.test for one in lists), fillvalue=()), start=1)
    tests = {str(number): _any(map(_among, keys, parts)) for number, parts in numbered}
    folds = [_fold(name, test, dev=dev, missing=missing) for name, test in tests.items() if test.any()]
    if not folds:
        raise SplitError(
            f"published folds {', '.join(protocol.published)}: none of their test part is in the manifest",
            hint="check that the manifest's corpus is the one that the list is about",
        )
    return folds


def _check_corpora(manifest: pandas.DataFrame, lists: list[PublishedFolds]) -> None:
    listed, held = sorted(one.corpus for one in lists), _unique(manifest["corpus"])
    if listed != held:
        raise SplitError(
            f"published folds {', '.join(one.name for one in lists)} are for {', '.join(listed)}; "
            f"the manifest holds {', '.join(held)}",
            hint="name one list for each corpus of the manifest",
        )


def _list_keys(manifest: pandas.DataFrame, one: PublishedFolds) -> Keys:
    """Return what the list knows each row by, speaker or file stem; "" for rows of another corpus."""
    names = [Path(file).stem for file in manifest["file"]] if one.by_file else manifest["speaker"].astype(str)
    keys = np.where(manifest["corpus"] == one.corpus, np.asarray(names, dtype=object), "")
    unlisted = sorted(set(keys) - _named(one) - {""})
    if one.train and unlisted:
        raise SplitError(
            f"published folds {one.name} do not know {', '.join(unlisted)}",
            hint=f"drop these speakers, or check that this is {one.corpus}",
        )
    return keys


def _named(one: PublishedFolds) -> set[str]:
    return {*one.train, *one.dev, *itertools.chain(*one.test)}


def _missing(one: PublishedFolds, keys: Keys) -> list[str]:
    return sorted(_named(one) - set(keys))


def _with_dev(manifest: pandas.DataFrame, fold: Fold, protocol: Protocol) -> Fold:
    """Hold out the dev part, by rows for the random kinds or where asked, and by speakers otherwise."""
    if not protocol.dev or fold.dev.size:
        return fold
    if protocol.kind in ("random", "stratified") or protocol.dev_by == "row":
        train, dev = map(np.sort, _draw_rows(manifest, fold.train, protocol, protocol.dev))
    else:
        train, dev = _dev_speakers(speaker_groups(manifest), fold, protocol)
    return Fold(fold.name, train, fold.test, dev, fold.missing)


def _draw_rows(
    manifest: pandas.DataFrame, rows: Positions, protocol: Protocol, share: float
) -> tuple[Positions, Positions]:
    """Draw a share of the rows as scikit-learn does; return (rest, drawn), each in the order of the draw."""
    from sklearn.model_selection import train_test_split

    labels = manifest["emotion"].to_numpy()[rows] if protocol.kind == "stratified" else None
    try:
        rest, drawn = train_test_split(rows, test_size=share, random_state=protocol.seed, stratify=labels)
    except ValueError as problem:
        raise SplitError(
            f"{len(rows)} rows cannot give a {protocol.kind} share of {share}: {problem}"
        ) from problem
    return rest, drawn


def _dev_speakers(groups: Keys, fold: Fold, protocol: Protocol) -> tuple[Positions, Positions]:
    """Draw a share of the training speakers; return (rest, drawn)."""
    drawn = _draw_speakers(groups[fold.train], protocol.dev, protocol.seed)
    if not drawn:
        raise SplitError(
            f"fold '{fold.name}': no corpus has two training speakers, so none can be held out as dev",
            hint="set dev = 0",
        )
    is_dev = _among(groups[fold.train], drawn)
    return fold.train[~is_dev], fold.train[is_dev]


def _draw_speakers(groups: Keys, share: float, seed: int | None) -> list[str]:
    """Draw a share of the speakers of each corpus that has at least two."""
    rng = np.random.default_rng(seed or 0)
    drawn: list[str] = []
    for _, corpus in itertools.groupby(_unique(groups), key=lambda name: name.split("/")[0]):
        names = list(corpus)
        count = min(max(1, round(share * len(names))), len(names) - 1)
        drawn.extend(rng.permutation(names)[:count])
    return drawn


def _fold(
    name: str,
    test: NDArray[np.bool_],
    *,
    dev: NDArray[np.bool_] | None = None,
    missing: tuple[str, ...] = (),
) -> Fold:
    """Return the fold whose test rows are marked; all rows that are not marked are for training."""
    dev = np.zeros_like(test) if dev is None else dev
    train = ~(test | dev)
    if not train.any():
        raise SplitError(f"fold '{name}': no row is left for training", hint="hold out fewer speakers")
    return Fold(name, np.flatnonzero(train), np.flatnonzero(test), np.flatnonzero(dev), missing)


def _any(masks: Iterable[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    marked: NDArray[np.bool_] = np.any(np.stack(list(masks)), axis=0)
    return marked


def _among(keys: Keys, names: Iterable[str]) -> NDArray[np.bool_]:
    wanted = set(names)
    return np.array([key in wanted for key in keys], dtype=bool)


def _unique(values: Iterable[str]) -> list[str]:
    return sorted({str(value) for value in values})


_MAKERS: dict[str, Callable[[pandas.DataFrame, Protocol], list[Fold]]] = {
    "random": _random,
    "stratified": _random,
    "speakers": _speakers,
    "speaker_folds": _speaker_folds,
    "leave_one_speaker_out": _leave_one_out,
    "leave_one_corpus_out": _leave_one_out,
    "published": _published,
}
