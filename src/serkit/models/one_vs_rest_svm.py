"""Support vector machines, one emotion against the rest, on a kernel matrix that BLAS computes.

scikit-learn's `SVC` decides between pairs of classes and joins the pairs by votes. Votes jump where a pair is
undecided, so they make poor probabilities. One machine for each class against the rest gives a score that is
continuous; and as the machines share one kernel matrix, computed at once, they also train faster. The
optimiser is libsvm in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    Matrix = NDArray[np.float64]


class OneVsRestSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """One support vector machine for each class against the rest.

    Parameters
    ----------
    kernel : {"rbf", "linear"}, default "rbf"
        Gaussian kernel or dot product.
    C : float, > 0, default 1.0
        Price of a violated margin.
    gamma_factor : float, > 0, default 1.0
        Width of the Gaussian kernel in units of ``1 / (n_features * variance)``.
    class_weight : "balanced", optional
        Multiply `C` of each row by the inverse frequency of its class.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Sorted labels.
    support_vectors_ : ndarray of float64, shape (n_vectors, n_features)
        Rows that any of the machines needs; none for the linear kernel, which `coef_` holds in full.
    dual_coef_ : ndarray of float64, shape (n_vectors, n_classes)
        Weight of each of them in the score of each class.
    coef_ : ndarray of float64, shape (n_classes, n_features)
        Weights of the features; linear kernel only.
    intercept_ : ndarray of float64, shape (n_classes,)
        Added to the scores.
    gamma_ : float
        Width of the Gaussian kernel.

    References
    ----------
    .. [1] Rifkin, R. & Klautau, A. (2004). In defense of one-vs-all classification. Journal of Machine
       Learning Research, 5, 101-141.

    Examples
    --------
    >>> features = np.array([[0.0], [0.2], [1.0], [1.2], [2.0], [2.2]])
    >>> model = OneVsRestSVM(C=10).fit(features, ["a", "a", "b", "b", "c", "c"])
    >>> model.predict([[0.1], [1.1], [2.1]]).tolist()
    ['a', 'b', 'c']
    """

    def __init__(
        self,
        *,
        kernel: Literal["rbf", "linear"] = "rbf",
        C: float = 1.0,  # noqa: N803  # the name that everyone knows
        gamma_factor: float = 1.0,
        class_weight: str | None = None,
    ) -> None:
        self.kernel = kernel
        self.C = C
        self.gamma_factor = gamma_factor
        self.class_weight = class_weight

    def fit(self, features: NDArray[Any], labels: ArrayLike) -> Self:
        """Fit the machines.

        Parameters
        ----------
        features : ndarray of float, shape (n, n_features)
            Features, standardised.
        labels : array_like, shape (n,)
            Label of each row; at least two.
        """
        rows, truth = validate_data(self, features, labels, dtype=np.float64)
        self.classes_ = np.unique(truth)
        if self.classes_.size < 2:
            raise ValueError(f"a classifier needs two classes, not {self.classes_.size}")
        variance = float(rows.var()) or 1.0
        self.gamma_ = self.gamma_factor / (rows.shape[1] * variance)
        duals, intercepts = self._machines(self._kernel(rows, rows), truth)
        self.intercept_ = np.array(intercepts)
        self._keep(rows, np.stack(duals, axis=1))
        return self

    def decision_function(self, features: NDArray[Any]) -> Matrix:
        """Return the score of each class, one column each for two classes too.

        Parameters
        ----------
        features : ndarray of float, shape (n, n_features)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            Signed distance from each margin, in units of its width.
        """
        check_is_fitted(self)
        features = validate_data(self, features, dtype=np.float64, reset=False)
        if self.kernel == "linear":
            scores: Matrix = features @ self.coef_.T + self.intercept_
        else:
            scores = self._kernel(features, self.support_vectors_) @ self.dual_coef_ + self.intercept_
        return scores

    def predict(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return the label with the highest score of each row."""
        labels: NDArray[Any] = self.classes_[self.decision_function(features).argmax(axis=1)]
        return labels

    def _machines(self, kernel: Matrix, labels: NDArray[Any]) -> tuple[list[Matrix], list[float]]:
        """Fit each class against the rest; return the dual coefficient of every row, and the intercepts."""
        weights = compute_sample_weight(self.class_weight, labels)
        duals, intercepts = [], []
        for label in self.classes_:
            machine = SVC(kernel="precomputed", C=self.C).fit(kernel, labels == label, sample_weight=weights)
            dual = np.zeros(labels.size)
            dual[machine.support_] = machine.dual_coef_[0]
            duals.append(dual)
            intercepts.append(float(machine.intercept_[0]))
        return duals, intercepts

    def _kernel(self, left: Matrix, right: Matrix) -> Matrix:
        kernel: Matrix = left @ right.T if self.kernel == "linear" else rbf_kernel(left, right, self.gamma_)
        return kernel

    def _keep(self, features: Matrix, dual: Matrix) -> None:
        """Keep what prediction needs: the rows with a weight, or their weighted sum."""
        if self.kernel == "linear":
            self.coef_ = dual.T @ features
            return
        needed = dual.any(axis=1)
        self.support_vectors_, self.dual_coef_ = features[needed], dual[needed]
