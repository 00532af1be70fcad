"""How many values a trained model consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

_PARTS = ("coef_", "support_vectors_", "dual_coef_", "intercept_")


def n_parameters(model: Pipeline) -> int | None:
    """Count the values that training found, without those that standardise the features.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        Fitted.

    Returns
    -------
    int or None
        Of a network, its parameters as its source counts them. Of a linear model, coefficients and
        intercepts; of one with a kernel, support vectors with their weights, too. None for a forest.

    Examples
    --------
    >>> from serkit.models import build_model
    >>> n_parameters(build_model("logistic_regression").fit([[0.0, 1.0], [1.0, 0.0]], ["calm", "sad"]))
    3
    """
    classifier = model[-1]
    if hasattr(classifier, "n_parameters_"):
        return int(classifier.n_parameters_)
    return sum(getattr(classifier, name).size for name in _PARTS if hasattr(classifier, name)) or None
