"""Make values that differ much in size fit for integers, by what they are multiplied with [1]_.

A GELU, or a normalisation, leaves a few values, always in the same places, that are many times as large as
the others: steps of 8 bits that reach so far leave little of the rest. Divided by a factor for each place,
and the weights that they meet multiplied by it, the product is the same, and both have steps enough.

References
----------
.. [1] Xiao, G. et al. (2023). SmoothQuant: accurate and efficient post-training quantization for large
   language models. ICML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from serkit.onnx.graph import constants_of, drop_unused_constants, node_makers, node_users
from serkit.onnx.values import values_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# Of the largest: places and weights that are nearly always 0 shall not lead to factors without bounds.
_LEAST = 1e-4
# Times the median: values without larger ones fit as they are, and to divide them takes time.
_EVEN = 8


def smooth_products(
    model: onnx.ModelProto,
    products: Sequence[onnx.NodeProto],
    sample: NDArray[Any],
    alike: Mapping[str, str] | None = None,
) -> dict[str, NDArray[np.floating[Any]]]:
    """Share the size of what is multiplied evenly between values and weights.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place; its output stays the same but for rounding.
    products : sequence of onnx.NodeProto
        Its products of values with constant weights, (n_values, n_columns).
    sample : ndarray of float, shape (n, ...), or of objects, shape (n,)
        Features that show how large values are.
    alike : mapping of str to str, optional
        Names of weights that are to have the factors of other weights.

    Returns
    -------
    dict of str to ndarray of float, shape (n_values,)
        How many times as large each row of weights has become, by the name that they had; now they have the
        one that `smooth_name` tells. Weights that meet even values stay, if dividing these takes time.
    """
    graph, alike = model.graph, alike or {}
    stored = {name: numpy_helper.to_array(tensor) for name, tensor in constants_of(graph).items()}
    normalised = _normalised(graph, products)
    sizes = _largest(model, sorted({product.input[0] for product in products}), sample)
    groups: dict[str, list[onnx.NodeProto]] = {}
    for product in products:
        groups.setdefault(alike.get(product.input[1], product.input[1]), []).append(product)
    factors: dict[str, NDArray[np.floating[Any]]] = {}
    for group in groups.values():
        values_met = np.max([sizes[product.input[0]] for product in group], axis=0)
        free = all(product.output[0] in normalised for product in group)
        if not free and values_met.max() < _EVEN * np.median(values_met):
            continue
        names = dict.fromkeys(product.input[1] for product in group)
        weights_met = np.max([np.abs(stored[name]).max(axis=1) for name in names], axis=0)
        factors |= dict.fromkeys(names, np.sqrt(_bounded(values_met) / _bounded(weights_met)))
    for name, larger in factors.items():
        constants = {f"{name}_factors": 1 / larger, smooth_name(name): stored[name] * larger[:, np.newaxis]}
        for constant, array in constants.items():
            graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), constant))
    for product in [one for one in products if one.input[1] in factors]:
        name = product.input[1]
        if product.output[0] in normalised:
            _normalise_smaller(graph, normalised[product.output[0]], stored, factors[name])
        else:
            _divide(graph, product)
        product.input[1] = smooth_name(name)
    drop_unused_constants(graph)
    return factors


def smooth_name(weights: str) -> str:
    """Return the name of weights that were smoothed."""
    return f"{weights}_smooth"


def _normalised(graph: onnx.GraphProto, products: Sequence[onnx.NodeProto]) -> dict[str, onnx.NodeProto]:
    """Return the normalisations that make the values of a product alone, by what the product makes."""
    makers, users = node_makers(graph), node_users(graph)
    return {
        product.output[0]: makers[product.input[0]]
        for product in products
        if product.input[0] in makers
        and makers[product.input[0]].op_type == "LayerNormalization"
        and len(users[product.input[0]]) == 1
    }


def _normalise_smaller(
    graph: onnx.GraphProto,
    normalisation: onnx.NodeProto,
    stored: Mapping[str, NDArray[np.floating[Any]]],
    factors: NDArray[np.floating[Any]],
) -> None:
    """Let a normalisation divide what it makes: that takes no time."""
    for place, name in enumerate(normalisation.input[1:], start=1):
        smaller = f"{normalisation.output[0]}_{place}"
        graph.initializer.append(
            numpy_helper.from_array((stored[name] / factors).astype(np.float32), smaller)
        )
        normalisation.input[place] = smaller


def _divide(graph: onnx.GraphProto, product: onnx.NodeProto) -> None:
    """Divide the values of a product before it."""
    values, weights = product.input
    smaller = f"{values}_for_{weights}"
    divide = helper.make_node("Mul", [values, f"{weights}_factors"], [smaller], name=smaller)
    graph.node.insert(list(graph.node).index(product), divide)
    product.input[0] = smaller


def _largest(
    model: onnx.ModelProto, names: list[str], sample: NDArray[Any]
) -> dict[str, NDArray[np.floating[Any]]]:
    """Return the largest size of each place of values in a sample, by the names of the values."""
    largest: dict[str, NDArray[np.floating[Any]]] = {}
    for row in values_in(model, names, sample):
        for name, values in row.items():
            sizes = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            largest[name] = np.maximum(largest.get(name, sizes), sizes)
    return largest


def _bounded(sizes: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    least = max(_LEAST * sizes.max(), np.finfo(np.float32).tiny)
    bounded: NDArray[np.floating[Any]] = np.maximum(sizes, least)
    return bounded
