"""Fit a model on one side of a split; a network that watches dev rows watches the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from serkit.models.settings import CLASSIFIER

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator

    from serkit.models.inner_folds import Split


def watches_dev(model: BaseEstimator) -> bool:
    """Tell whether a model looks at dev rows while it is trained.

    Examples
    --------
    >>> from serkit.models import build_model
    >>> watches_dev(build_model("dense", monitor="dev_uar")), watches_dev(build_model("dense"))
    (True, False)
    """
    settings = model.get_params().get(f"{CLASSIFIER}__settings")
    return bool(getattr(settings, "looks_at_dev", False))


def fit_split(
    model: BaseEstimator,
    features: NDArray[Any],
    labels: NDArray[Any],
    split: Split,
    corpora: NDArray[Any] | None = None,
) -> BaseEstimator:
    """Fit a copy of a model.

    Parameters
    ----------
    model : estimator
        Unfitted pipeline or classifier.
    features : ndarray, shape (n, ...)
        Features of all rows.
    labels : ndarray, shape (n,)
        Their labels.
    split : (ndarray of int, ndarray of int)
        Rows to train on; and rows that are held out, which only a network that watches dev rows is given.
    corpora : ndarray, shape (n,), optional
        Corpus of each row, for a network that learns among the labels of each corpus.

    Returns
    -------
    estimator
        Fitted.
    """
    train, held_out = split
    given = [each for each in (features, labels, corpora) if each is not None]
    dev = {"dev": tuple(each[held_out] for each in given)} if watches_dev(model) else {}
    own = {} if corpora is None else {"corpora": corpora[train]}
    options = {f"{CLASSIFIER}__{name}": value for name, value in (dev | own).items()}
    return clone(model).fit(features[train], labels[train], **options)
