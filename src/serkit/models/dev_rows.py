"""Fit a model on one side of a split; a network that watches dev rows watches the other side."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from serkit.models.settings import CLASSIFIER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator

    from serkit.models.inner_folds import Split


NO_FACTS: Mapping[str, NDArray[Any]] = MappingProxyType({})


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
    facts: Mapping[str, NDArray[Any]] = NO_FACTS,
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
    facts : dict of str to ndarray, shape (n,), optional
        What else a network is told of each row: `corpora`, to learn among the labels of each, and `votes`.

    Returns
    -------
    estimator
        Fitted.
    """
    train, held_out = split
    given = [features, labels, *([facts["corpora"]] if "corpora" in facts else [])]
    dev = {"dev": tuple(each[held_out] for each in given)} if watches_dev(model) else {}
    told = {name: values[train] for name, values in facts.items()}
    return clone(model).fit(features[train], labels[train], **for_classifier(dev | told))


def for_classifier(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a fit as those of the last step of a pipeline."""
    return {f"{CLASSIFIER}__{name}": value for name, value in options.items()}
