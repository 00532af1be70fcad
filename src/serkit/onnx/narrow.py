"""Leave out the units of dense layers that add next to nothing to what the layers make.

Of an encoder's units many hardly change, or say what others say. Step by step, those are left out whose part
the others can take over best [1]_, until the next step would change what a layer makes by more than a given
share of its variance. With half of its units a layer takes half the time and half the space.

References
----------
.. [1] Hassibi, B. & Stork, D. G. (1993). Second order derivatives for network pruning: optimal brain surgeon.
   NeurIPS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from serkit.onnx.export import check_agreement, exported_scores
from serkit.onnx.graph import constants_of, node_makers, node_users, way_back
from serkit.onnx.values import values_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Matrix = NDArray[np.float64]

# Units that are left out at once: a processor multiplies so many at once, too.
_STEP = 32
# Of the mean variance of a layer's units, added to that of each: what a sample tells has its limits.
_RIDGE = 1e-4
# Back from the second product of a layer to its first, through a GELU as it is exported.
_GELU = ("Mul", "Mul", "Add", "MatMul")


class _Layer(NamedTuple):
    """Names of what a dense layer is made of: two products, and a GELU in between.

    Attributes
    ----------
    first, first_offsets : str
        Weights, (n_values, n_units), and offsets of the units.
    units : str
        What leaves the GELU.
    second, second_offsets : str
        Weights, (n_units, n_results), and offsets of the results.
    results : str
        The results, together with what they are added to.
    """

    first: str
    first_offsets: str
    units: str
    second: str
    second_offsets: str
    results: str


def narrow_onnx(content: bytes, sample: NDArray[Any], *, tolerance: float, last: int | None = None) -> bytes:
    """Leave out units of dense layers whose weights nothing else shares.

    Parameters
    ----------
    content : bytes
        ONNX model, from `serkit.onnx.export.export_onnx`.
    sample : ndarray of float, shape (n, ...), or of objects, shape (n,)
        Features that show what units say. Together they should have ten times as many frames as a layer has
        units.
    tolerance : float
        By how much what a layer makes, with what that is added to, may change: the mean square of the change,
        as a share of the variance, mean of all values.
    last : int, optional
        How many of the layers may become narrower, from the last one back; without it all. What changes in an
        early layer grows in those after it.

    Returns
    -------
    bytes
        ONNX model of the same input and output.

    Raises
    ------
    ExportError
        If less than 95 % of the sample keep their most probable class.
    """
    model = onnx.load_from_string(content)
    layers = list(_layers(model.graph))[slice(None) if last is None else slice(-last, None)]
    moments = [(_Moments(), _Moments()) for _ in layers]
    names = [name for layer in layers for name in (layer.units, layer.results)]
    for values in values_in(model, names, sample):
        for layer, (units, results) in zip(layers, moments, strict=True):
            units.add(values[layer.units])
            results.add(values[layer.results])
    stored = constants_of(model.graph)
    for layer, (units, results) in zip(layers, moments, strict=True):
        _narrow(layer, stored, units, results, tolerance)
    del model.graph.value_info[:]  # it holds the sizes of before
    narrower = bytes(model.SerializeToString(deterministic=True))
    before, after = (exported_scores(one, sample) for one in (content, narrower))
    check_agreement(before, after, setting="narrow", safe="0.0")
    return narrower


class _Moments:
    """Mean and covariance of values, summed up sequence by sequence."""

    def __init__(self) -> None:
        self._n = 0
        self._sum: Any = 0.0
        self._products: Any = 0.0

    def add(self, values: NDArray[np.float32]) -> None:
        rows = values.reshape(-1, values.shape[-1])
        self._n += len(rows)
        self._sum = self._sum + rows.sum(axis=0, dtype=np.float64)
        self._products = self._products + (rows.T @ rows).astype(np.float64)

    @property
    def mean(self) -> Matrix:
        mean: Matrix = self._sum / self._n
        return mean

    @property
    def covariance(self) -> Matrix:
        covariance: Matrix = self._products / self._n - np.outer(self.mean, self.mean)
        return covariance


def _narrow(
    layer: _Layer,
    stored: Mapping[str, onnx.TensorProto],
    units: _Moments,
    results: _Moments,
    tolerance: float,
) -> None:
    """Store fewer weights of a layer."""
    first, first_offsets, second, second_offsets = (
        numpy_helper.to_array(stored[name]).astype(np.float64)
        for name in (layer.first, layer.first_offsets, layer.second, layer.second_offsets)
    )
    scale = np.sqrt(np.maximum(np.diag(results.covariance), np.finfo(np.float32).tiny))
    kept, weights = _fewer(second / scale, units.covariance, tolerance)
    weights = weights * scale
    fewer = {
        layer.first: first[:, kept],
        layer.first_offsets: first_offsets[kept],
        layer.second: weights,
        # What no longer comes from units that hardly change.
        layer.second_offsets: second_offsets + units.mean @ second - units.mean[kept] @ weights,
    }
    for name, values in fewer.items():
        stored[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, dtype=np.float32), name))


def _fewer(weights: Matrix, covariance: Matrix, tolerance: float) -> tuple[NDArray[np.intp], Matrix]:
    """Return which units stay, and their weights, which take over what the others said."""
    ridge = _RIDGE * np.trace(covariance) / len(covariance)
    inverse = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))
    kept, lost = np.arange(len(weights)), 0.0
    while len(kept) > _STEP:
        # Without a unit as much is lost as no other says of it.
        losses = np.square(weights).sum(axis=1) / np.diag(inverse)
        order = np.argpartition(losses, _STEP)
        out, stay = order[:_STEP], np.sort(order[_STEP:])
        among, across = inverse[np.ix_(out, out)], inverse[np.ix_(stay, out)]
        taken_over = np.linalg.solve(among, weights[out])
        lost += float((weights[out] * taken_over).sum()) / weights.shape[1]
        if lost > tolerance:
            break
        weights = weights[stay] - across @ taken_over
        inverse = inverse[np.ix_(stay, stay)] - across @ np.linalg.solve(among, across.T)
        kept = kept[stay]
    return kept, weights


def _layers(graph: onnx.GraphProto) -> Iterator[_Layer]:
    """Yield the dense layers whose weights, units and results serve nothing else."""
    makers, users, constants = node_makers(graph), node_users(graph), constants_of(graph)
    for second in graph.node:
        way = way_back(second, makers, _GELU) if second.op_type == "MatMul" else []
        after = users.get(second.output[0], [])
        if not way or len(after) != 1 or after[0].op_type != "Add":
            continue
        *_, summed, first = way
        named = [
            [name for name in node.input if name in constants] for node in (first, summed, second, after[0])
        ]
        alone = [*named, [second.input[0]]]
        if any(len(names) != 1 or len(users[names[0]]) != 1 for names in alone):
            continue
        (first_weights,), (first_offsets,), (weights,), (offsets,) = named
        results = _added(after[0], users)
        yield _Layer(first_weights, first_offsets, second.input[0], weights, offsets, results)


def _added(node: onnx.NodeProto, users: Mapping[str, Sequence[onnx.NodeProto]]) -> str:
    """Return the name of what a node makes, added to what went around the layer, if it is."""
    after = users.get(node.output[0], [])
    name: str = after[0].output[0] if len(after) == 1 and after[0].op_type == "Add" else node.output[0]
    return name
