"""The classical models by name: what may be set, and the pipeline that it makes.

The settings are checked without scikit-learn, which is imported only where a model is built: listing and
checking recipes stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

from serkit.errors import RecipeError

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from sklearn.pipeline import Pipeline

Balance = Literal["none", "class_weight", "oversample"]
CLASSIFIER = "classifier"
"""Name of the pipeline's last step; a parameter C is ``classifier__C`` to scikit-learn."""


class ModelSettings(BaseModel):
    """Parameters of a model, checked; a subclass for each model names them as its classifier does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        """Build the unfitted classifier."""
        raise NotImplementedError


class LogisticRegressionSettings(ModelSettings):
    """Multinomial logistic regression; `C` is the inverse of the L2 penalty."""

    C: PositiveFloat = 1.0
    max_iter: PositiveInt = 2000

    def classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        """Build the unfitted classifier."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(**self.model_dump(), class_weight=class_weight, random_state=seed)


class LinearSvmSettings(ModelSettings):
    """Linear support vector machine; `C` is the price of a violated margin."""

    C: PositiveFloat = 1.0

    def classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        """Build the unfitted classifier; nothing in it is random."""
        from serkit.models.one_vs_rest_svm import OneVsRestSVM

        return OneVsRestSVM(**self.model_dump(), kernel="linear", class_weight=class_weight)


class RbfSvmSettings(ModelSettings):
    """Support vector machine with Gaussian kernel.

    `gamma_factor` multiplies the kernel width ``1 / (n_features * variance)``, scikit-learn's "scale".
    """

    C: PositiveFloat = 1.0
    gamma_factor: PositiveFloat = 1.0

    def classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        """Build the unfitted classifier; nothing in it is random."""
        from serkit.models.one_vs_rest_svm import OneVsRestSVM

        return OneVsRestSVM(**self.model_dump(), kernel="rbf", class_weight=class_weight)


class RandomForestSettings(ModelSettings):
    """Random forest."""

    n_estimators: PositiveInt = 500
    max_depth: PositiveInt | None = None
    min_samples_leaf: PositiveInt = 1
    max_features: Literal["sqrt", "log2"] | PositiveFloat = "sqrt"

    def classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        """Build the unfitted classifier."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(**self.model_dump(), class_weight=class_weight, random_state=seed)


MODELS: dict[str, type[ModelSettings]] = {
    "logistic_regression": LogisticRegressionSettings,
    "linear_svm": LinearSvmSettings,
    "rbf_svm": RbfSvmSettings,
    "random_forest": RandomForestSettings,
}


def build_model(name: str, *, seed: int = 0, balance: Balance = "none", **parameters: Any) -> Pipeline:
    """Build an unfitted model.

    Parameters
    ----------
    name : str
        Key of `MODELS`.
    seed : int, default 0
        Of everything that is random in the model.
    balance : {"none", "class_weight", "oversample"}, default "none"
        How rare emotions are made up for: not at all, by weights inverse to their frequency, or by
        repeating random rows of theirs until all emotions are equally frequent. Rows are repeated as the
        model fits, so a row that it is tested on never is.
    **parameters
        Of the model, as its settings in `MODELS` name them.

    Returns
    -------
    sklearn.pipeline.Pipeline
        `StandardScaler`, then the classifier.

    Raises
    ------
    RecipeError
        If there is no such model.
    pydantic.ValidationError
        If the model has no such parameter or the parameter may not have that value.

    Examples
    --------
    >>> build_model("logistic_regression", C=0.1)[-1].C
    0.1
    """
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    from serkit.models.oversampling import OversampledPipeline

    if name not in MODELS:
        raise RecipeError(f"{name}: no such model", hint=f"use one of {', '.join(MODELS)}")
    class_weight = "balanced" if balance == "class_weight" else None
    classifier = MODELS[name](**parameters).classifier(seed=seed, class_weight=class_weight)
    steps = [("scaler", StandardScaler()), (CLASSIFIER, classifier)]
    return OversampledPipeline(steps, seed=seed) if balance == "oversample" else Pipeline(steps)
