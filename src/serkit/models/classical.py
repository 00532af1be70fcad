"""The classical models: what may be set, and the classifier that it makes.

The settings are checked without scikit-learn, which is imported only where a model is built: listing and
checking recipes stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import PositiveFloat, PositiveInt  # noqa: TC002 - pydantic reads it at run time

from serkit.models.settings import CLASSIFIER, ModelSettings

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from sklearn.pipeline import Pipeline

    from serkit.models.settings import Weights

SCALER = "scaler"
"""Name of the pipeline's first step."""


class ClassicalSettings(ModelSettings):
    """Settings of a classifier that follows a scaler."""

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


class LogisticRegressionSettings(ClassicalSettings):
    """Multinomial logistic regression; `C` is the inverse of the L2 penalty."""

    name: Literal["logistic_regression"] = "logistic_regression"
    C: PositiveFloat = 1.0
    max_iter: PositiveInt = 2000

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(**self.parameters(), class_weight=class_weight, random_state=seed)


class LinearSvmSettings(ClassicalSettings):
    """Linear support vector machine; `C` is the price of a violated margin."""

    name: Literal["linear_svm"] = "linear_svm"
    C: PositiveFloat = 1.0

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from serkit.models.one_vs_rest_svm import OneVsRestSVM

        return OneVsRestSVM(**self.parameters(), kernel="linear", class_weight=class_weight)


class RbfSvmSettings(ClassicalSettings):
    """Support vector machine with Gaussian kernel.

    `gamma_factor` multiplies the kernel width ``1 / (n_features * variance)``, scikit-learn's "scale".
    """

    name: Literal["rbf_svm"] = "rbf_svm"
    C: PositiveFloat = 1.0
    gamma_factor: PositiveFloat = 1.0

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from serkit.models.one_vs_rest_svm import OneVsRestSVM

        return OneVsRestSVM(**self.parameters(), kernel="rbf", class_weight=class_weight)


class RandomForestSettings(ClassicalSettings):
    """Random forest; the parameters are scikit-learn's."""

    name: Literal["random_forest"] = "random_forest"
    n_estimators: PositiveInt = 500
    max_depth: PositiveInt | None = None
    min_samples_leaf: PositiveInt = 1
    max_features: Literal["sqrt", "log2"] | PositiveFloat = "sqrt"

    def _classifier(self, *, seed: int, class_weight: str | None) -> ClassifierMixin:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(**self.parameters(), class_weight=class_weight, random_state=seed)


CLASSICAL_MODELS = (LogisticRegressionSettings, LinearSvmSettings, RbfSvmSettings, RandomForestSettings)
