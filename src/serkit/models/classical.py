"""The classical models by name: what may be set, and the pipeline that it makes.

The settings are checked without scikit-learn, which is imported only where a model is built: listing and
checking recipes stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, model_validator

from serkit.errors import RecipeError
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray
    from sklearn.base import ClassifierMixin
    from sklearn.pipeline import Pipeline

    Weights = NDArray[np.floating[Any]]

SCALER = "scaler"
CLASSIFIER = "classifier"
"""Names of the pipeline's steps; the classifier's parameter C is ``classifier__C`` to scikit-learn."""


class ModelSettings(BaseModel):
    """Settings of a model, checked.

    Attributes
    ----------
    name : str
        Key in `MODELS`.
    balance : {"none", "class_weight", "oversample"}, default "none"
        How rare emotions are made up for: not at all, by weights inverse to their frequency, or by
        repeating random rows of theirs until all emotions are equally frequent. Rows are repeated as the
        model fits, so that no row that it is tested on is repeated.
    limit : float, optional
        Standard deviations from the mean at which a feature is cut off, as `LimitedScaler` does.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    balance: Literal["none", "class_weight", "oversample"] = "none"
    limit: PositiveFloat | None = None

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, settings: Any) -> Any:
        for key in settings if isinstance(settings, dict) else ():
            if key not in cls.model_fields:
                kind = f"setting of {cls.model_fields['name'].default}"
                raise ValueError(str(unknown_name(RecipeError, kind, key, cls.model_fields)))
        return settings

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the classifier: every setting that the subclass adds."""
        return self.model_dump(exclude=set(ModelSettings.model_fields))

    def with_parameters(self, parameters: dict[str, Any]) -> Self:
        """Return these settings with other parameters."""
        return type(self)(**self.model_dump() | parameters)

    def build(self, *, seed: int, weights: Weights | None = None) -> Pipeline:
        """Return the unfitted pipeline of `LimitedScaler` and classifier, for features of these weights."""
        from sklearn.pipeline import Pipeline

        from serkit.models.limited_scaler import LimitedScaler
        from serkit.models.oversampling import OversampledPipeline

        class_weight = "balanced" if self.balance == "class_weight" else None
        classifier = self._classifier(seed=seed, class_weight=class_weight)
        if weights is not None and (weights == 1).all():
            weights = None
        steps = [(SCALER, LimitedScaler(limit=self.limit, weights=weights)), (CLASSIFIER, classifier)]
        return OversampledPipeline(steps, seed=seed) if self.balance == "oversample" else Pipeline(steps)

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        raise NotImplementedError


class LogisticRegressionSettings(ModelSettings):
    """Multinomial logistic regression; `C` is the inverse of the L2 penalty."""

    name: Literal["logistic_regression"] = "logistic_regression"
    C: PositiveFloat = 1.0
    max_iter: PositiveInt = 2000

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(**self.parameters(), class_weight=class_weight, random_state=seed)


class LinearSvmSettings(ModelSettings):
    """Linear support vector machine; `C` is the price of a violated margin."""

    name: Literal["linear_svm"] = "linear_svm"
    C: PositiveFloat = 1.0

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from serkit.models.one_vs_rest_svm import OneVsRestSVM

        return OneVsRestSVM(**self.parameters(), kernel="linear", class_weight=class_weight)


class RbfSvmSettings(ModelSettings):
    """Support vector machine with Gaussian kernel.

    `gamma_factor` multiplies the kernel width ``1 / (n_features * variance)``, scikit-learn's "scale".
    """

    name: Literal["rbf_svm"] = "rbf_svm"
    C: PositiveFloat = 1.0
    gamma_factor: PositiveFloat = 1.0

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from serkit.models.one_vs_rest_svm import OneVsRestSVM

        return OneVsRestSVM(**self.parameters(), kernel="rbf", class_weight=class_weight)


class RandomForestSettings(ModelSettings):
    """Random forest; the parameters are scikit-learn's."""

    name: Literal["random_forest"] = "random_forest"
    n_estimators: PositiveInt = 500
    max_depth: PositiveInt | None = None
    min_samples_leaf: PositiveInt = 1
    max_features: Literal["sqrt", "log2"] | PositiveFloat = "sqrt"

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(**self.parameters(), class_weight=class_weight, random_state=seed)


MODELS: dict[str, type[ModelSettings]] = {
    kind.model_fields["name"].default: kind
    for kind in (LogisticRegressionSettings, LinearSvmSettings, RbfSvmSettings, RandomForestSettings)
}


def build_model(name: str, *, seed: int = 0, **settings: Any) -> Pipeline:
    """Build an unfitted model.

    Parameters
    ----------
    name : str
        Key of `MODELS`.
    seed : int, default 0
        Of everything that is random in the model.
    **settings
        `balance`, and the parameters of the model as its settings in `MODELS` name them.

    Returns
    -------
    sklearn.pipeline.Pipeline
        `LimitedScaler`, then the classifier.

    Raises
    ------
    RecipeError
        If there is no such model.
    pydantic.ValidationError
        If the model has no such setting, or the setting may not have that value.

    Examples
    --------
    >>> build_model("logistic_regression", C=0.1)[-1].C
    0.1
    """
    if name not in MODELS:
        raise unknown_name(RecipeError, "model", name, MODELS)
    return MODELS[name](name=name, **settings).build(seed=seed)
