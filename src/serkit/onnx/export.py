"""Write a trained model as ONNX, and prove that it gives the same scores.

The graph of a classical model is written node by node, so that it computes exactly what scikit-learn
computes: scaling in float32, as scikit-learn scales float32 features; kernels and votes in float64; tree
thresholds rounded so that no float32 feature changes sides. A network writes itself. Nothing depends on the
day or the machine: the same model gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from serkit.bundle import INPUT_NAME, OUTPUT_NAME
from serkit.errors import ExportError
from serkit.models.calibration import MIN_PROBABILITY, decision_scores, softmax
from serkit.models.limited_scaler import LimitedScaler
from serkit.models.one_vs_rest_svm import OneVsRestSVM
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from sklearn.pipeline import Pipeline

TOLERANCE = 1e-4
LEAST_AGREEMENT = 0.95
_PARITY_BATCH = 16  # rows at once: a network's maps take tens of megabytes a row
_OPSET = {"": 17, "ai.onnx.ml": 3}
_IR_VERSION = 8


def export_onnx(pipeline: Pipeline, sample: NDArray[np.floating], *, heard: bool = False) -> bytes:
    """Write a fitted pipeline as an ONNX model.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted: `LimitedScaler` or `StandardScaler`, and then `LogisticRegression`, `OneVsRestSVM` or
        `RandomForestClassifier`; or a classifier that has a method `to_onnx`, such as `TorchClassifier`.
    sample : ndarray of float, shape (n, ...), or of objects, shape (n,)
        Features to compare the two models on, e.g. the held-out rows; at least one.
    heard : bool, default False
        Whether a speech encoder also gives ``heard``, what `serkit.onnx.clip_temperature` goes by.

    Returns
    -------
    bytes
        ONNX model: ``features`` float32 (N, ...) to ``scores`` float32 (N, n_classes), equal to
        `serkit.models.calibration.decision_scores`.

    Raises
    ------
    ExportError
        If a step has no ONNX form here, or if scores (relative to their size, where that is above 1) or
        probabilities differ by more than 1e-4 on the sample, or the `export_tolerance` of the classifier.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> features = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    >>> model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, features[:, 0] > 0)
    >>> len(export_onnx(model, features)) < 2000
    True
    """
    classifier = pipeline.steps[-1][1]
    more = {"heard": True} if heard else {}
    content = classifier.to_onnx(sample, **more) if hasattr(classifier, "to_onnx") else _write(pipeline)
    _check_parity(content, pipeline, sample)
    return content


def _write(pipeline: Pipeline) -> bytes:
    graph = _Graph()
    *scalers, classifier = (step for _, step in pipeline.steps)
    features = INPUT_NAME
    for scaler in scalers:
        features = _scale(graph, features, scaler)
    scores = _writer(classifier)(graph, features, classifier)
    return graph.serialise(scores, n_features=pipeline.n_features_in_, n_classes=len(classifier.classes_))


class _Graph:
    """An ONNX graph under construction; every method returns the name of a value in it."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str | NDArray[Any], domain: str = "", **attributes: Any) -> str:
        """Add a node; arrays among the inputs become constants."""
        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        output = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, names, [output], domain=domain, **attributes))
        return output

    def cast(self, value: str | NDArray[Any], kind: int) -> str:
        return self.add("Cast", value, to=kind)

    def serialise(self, output: str, *, n_features: int, n_classes: int) -> bytes:
        """Name the output, declare the shapes and return the bytes of the checked model."""
        self._nodes.append(helper.make_node("Identity", [output], [OUTPUT_NAME]))
        given = helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, ["N", n_features])
        made = helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, ["N", n_classes])
        graph = helper.make_graph(self._nodes, "serkit", [given], [made], self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSET.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="serkit")
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _constant(self, array: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name


def _writer(classifier: object) -> Callable[[_Graph, str, Any], str]:
    writers: dict[type, Callable[[_Graph, str, Any], str]] = {
        LogisticRegression: _linear_scores,
        OneVsRestSVM: _svm_scores,
        RandomForestClassifier: _forest_scores,
    }
    if type(classifier) not in writers:
        known = ", ".join(kind.__name__ for kind in writers)
        raise ExportError(f"{type(classifier).__name__}: has no ONNX form here", hint=f"use one of {known}")
    return writers[type(classifier)]


def _scale(graph: _Graph, features: str, scaler: object) -> str:
    """Standardise in float32, as scikit-learn does with float32 features."""
    if not isinstance(scaler, StandardScaler):
        raise ExportError(f"{type(scaler).__name__}: has no ONNX form here", hint="use StandardScaler")
    if scaler.with_mean:
        features = graph.add("Sub", features, _float32(scaler.mean_))
    if scaler.with_std:
        features = graph.add("Div", features, _float32(scaler.scale_))
    return _limit(graph, features, scaler) if isinstance(scaler, LimitedScaler) else features


def _limit(graph: _Graph, features: str, scaler: LimitedScaler) -> str:
    if scaler.limit is not None:
        features = graph.add("Clip", features, _float32(-scaler.limit), _float32(scaler.limit))
    return features if scaler.weights is None else graph.add("Mul", features, _float32(scaler.weights))


def _linear_scores(graph: _Graph, features: str, classifier: LogisticRegression | OneVsRestSVM) -> str:
    weights = np.asarray(classifier.coef_, dtype=np.float64).T
    offsets = np.asarray(classifier.intercept_, dtype=np.float64)
    if weights.shape[1] == 1:  # logistic regression between two classes: minus and plus half of one decision
        weights, offsets = weights * [-0.5, 0.5], offsets * [-0.5, 0.5]
    scores = graph.add("Add", graph.add("MatMul", graph.cast(features, TensorProto.DOUBLE), weights), offsets)
    return graph.cast(scores, TensorProto.FLOAT)


def _svm_scores(graph: _Graph, features: str, classifier: OneVsRestSVM) -> str:
    if classifier.kernel == "linear":
        return _linear_scores(graph, features, classifier)
    kernel = graph.cast(_gaussian_kernel(graph, features, classifier), TensorProto.DOUBLE)
    scores = graph.add("Add", graph.add("MatMul", kernel, classifier.dual_coef_), classifier.intercept_)
    return graph.cast(scores, TensorProto.FLOAT)


def _gaussian_kernel(graph: _Graph, features: str, classifier: OneVsRestSVM) -> str:
    """Return the kernel between features and support vectors, (N, n_vectors).

    It stays in float32, which halves the file and the memory; only the long sums over the vectors need more.
    """
    vectors = classifier.support_vectors_
    products = graph.add("MatMul", features, _float32(-2 * vectors.T))
    norms = graph.add("ReduceSumSquare", features, axes=[1], keepdims=1)
    distances = graph.add("Add", graph.add("Add", products, norms), _float32((vectors**2).sum(axis=1)))
    return graph.add("Exp", graph.add("Mul", distances, _float32(-classifier.gamma_)))


def _forest_scores(graph: _Graph, features: str, classifier: RandomForestClassifier) -> str:
    """Write the mean probabilities of the trees; the scores are their logarithms."""
    trees = [estimator.tree_ for estimator in classifier.estimators_]
    attributes = _tree_attributes(trees) | {
        "n_targets": len(classifier.classes_),
        "aggregate_function": "SUM",
    }
    probabilities = graph.add("TreeEnsembleRegressor", features, domain="ai.onnx.ml", **attributes)
    return graph.add("Log", graph.add("Clip", probabilities, _float32(MIN_PROBABILITY), _float32(1.0)))


def _tree_attributes(trees: list[Any]) -> dict[str, Any]:
    """Return the nodes and leaves of all trees in the flat lists of ONNX."""
    counts = [tree.node_count for tree in trees]
    tree_ids = np.repeat(np.arange(len(trees)), counts)
    node_ids = np.concatenate([np.arange(count) for count in counts])
    inner = np.concatenate([tree.children_left != -1 for tree in trees])

    def inner_values(name: str) -> NDArray[Any]:
        return np.where(inner, np.concatenate([getattr(tree, name) for tree in trees]), 0)

    values = np.concatenate([tree.value[:, 0, :] for tree in trees])
    shares = values / values.sum(axis=1, keepdims=True) / len(trees)
    leaves, classes = np.nonzero(np.where(inner[:, None], 0, shares))
    return {
        "nodes_treeids": tree_ids.tolist(),
        "nodes_nodeids": node_ids.tolist(),
        "nodes_modes": np.where(inner, "BRANCH_LEQ", "LEAF").tolist(),
        "nodes_featureids": inner_values("feature").tolist(),
        "nodes_values": _round_down(inner_values("threshold")).tolist(),
        "nodes_truenodeids": inner_values("children_left").tolist(),
        "nodes_falsenodeids": inner_values("children_right").tolist(),
        "target_treeids": tree_ids[leaves].tolist(),
        "target_nodeids": node_ids[leaves].tolist(),
        "target_ids": classes.tolist(),
        "target_weights": shares[leaves, classes].tolist(),
    }


def _float32(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 not above each threshold: float32 features fall on the same side of both."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _check_parity(content: bytes, pipeline: Pipeline, sample: NDArray[Any]) -> None:
    exported = exported_scores(content, sample)
    original = decision_scores(pipeline, sample)
    if exported.shape != original.shape:
        raise ExportError(f"exported scores have the shape {exported.shape}, the model's {original.shape}")
    tolerance = getattr(pipeline[-1], "export_tolerance", TOLERANCE)
    gaps = {
        "scores": np.abs(exported - original) / np.maximum(1.0, np.abs(original)),
        "probabilities": np.abs(softmax(exported) - softmax(original)),
    }
    for name, gap in gaps.items():
        if not gap.max(initial=0.0) <= tolerance:
            raise ExportError(
                f"exported {name} differ from the model's by {gap.max():.2g}, more than {tolerance}"
            )


def exported_scores(content: bytes, sample: NDArray[Any]) -> NDArray[np.float32]:
    """Run an ONNX model on a few rows at once, on sequences of different lengths one by one.

    Parameters
    ----------
    content : bytes
        ONNX model.
    sample : ndarray of float, shape (n, ...), or of objects, shape (n,)
        Features.

    Returns
    -------
    ndarray of float32, shape (n, n_classes)
        Scores.
    """
    session = open_session(content)
    size = 1 if sample.dtype == object else _PARITY_BATCH
    batches = [_float32(list(sample[start : start + size])) for start in range(0, len(sample), size)]
    return np.concatenate([session.run([OUTPUT_NAME], {INPUT_NAME: batch})[0] for batch in batches])


def check_agreement(
    before: NDArray[np.float32], after: NDArray[np.float32], *, setting: str, safe: str
) -> None:
    """Check that a model that was made smaller still says the same.

    Parameters
    ----------
    before, after : ndarray of float32, shape (n, n_classes)
        Scores of a sample, from `exported_scores`.
    setting, safe : str
        What of a recipe's ``[export]`` made it smaller, and the value that does not.

    Raises
    ------
    ExportError
        If less than 95 % of the sample keep their most probable class.
    """
    agreement = float(np.mean(before.argmax(axis=1) == after.argmax(axis=1)))
    if agreement < LEAST_AGREEMENT:
        raise ExportError(
            f"export.{setting}: only {agreement:.0%} of {len(before)} recordings keep their emotion",
            hint=f"set export.{setting} = {safe}",
        )
