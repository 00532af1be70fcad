"""Store the large matrices of an ONNX model as 8-bit integers: a quarter of the size, and faster.

Those that were rounded in training, see `serkit.models.coarse`, take 4 bits and lose nothing.

Weights are scaled column by column; what they are multiplied with is scaled as it comes, what leaves a GELU
or a normalisation smoothed before, see `serkit.onnx.smooth`. Convolutions, normalisations, last layers and
all that is small stay in float32. So does, in the file, what a whole clip is pooled into, where a small error
moves all scores; the weights that this meets are stored as integers all the same. Where onnxruntime
multiplies it as integers, too, it scales each stretch of 128 values by itself, which keeps large values from
the others. Tables of which a part is taken, such as positions, are stored in half precision, as encoders are
published. By what the scores of each label are shifted in the mean of a sample, the last layer shifts them
back.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from serkit.onnx.changes import merge_changes, store_changes
from serkit.onnx.export import check_agreement, exported_scores
from serkit.onnx.file import OUTPUT_NAME
from serkit.onnx.graph import constants_of, is_average, node_makers, put_first
from serkit.onnx.smooth import smooth_products

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What ends a mean or a deviation over a clip.
_POOLS = {"ReduceMean", "Sqrt"}
# What makes values of which some are always much larger than others: the end of a GELU, and a normalisation.
_UNEVEN = {"Mul", "LayerNormalization"}
# What may end a model with an offset for each label.
_WITH_OFFSETS = {"Add", "Gemm"}
# Steps from 0 to the largest value of a column, either way, of integers of 8 and of 4 bits.
_STEPS, _FEW_STEPS = 127, 7
# Of a step: so near to steps of 4 bits are only weights that were rounded to them.
_ROUNDING = 1e-3
# The first version of ONNX with integers of 4 bits.
_OPSET_OF_4_BITS = 21
# Values of a table that half precision is worth while for.
_LARGE = 4096
_PREPARED = {"onnx.infer": "onnxruntime.quant", "onnx.quant.pre_process": "onnxruntime.quant"}


def quantise_onnx(content: bytes, sample: NDArray[Any]) -> bytes:
    """Quantise the products with weight matrices.

    Parameters
    ----------
    content : bytes
        ONNX model, from `serkit.onnx.export.export_onnx`.
    sample : ndarray of float, shape (n, ...), or of objects, shape (n,)
        Features to compare the two models on.

    Returns
    -------
    bytes
        ONNX model of the same input and output, of standard operators.

    Raises
    ------
    ExportError
        If less than 95 % of the sample keep their most probable class.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(content))
    onnx.helper.set_model_props(model, _PREPARED)
    changes = merge_changes(model)
    products, end, makers = _products(model.graph), _pools_end(model.graph), node_makers(model.graph)
    averaged = {node.name for place, node in products if place < end and _takes_average(node, makers)}
    in_floats = {node.name for place, node in products if place > end} | averaged
    uneven = [node for place, node in products if place < end and _is_uneven(node.input[0], makers)]
    alike = {change.merged: change.published for change in changes}
    factors = smooth_products(model, uneven, sample, alike)
    # Before it quantises, onnxruntime turns a layer into a product of this name, and a sum.
    layers = {f"{node.name}_MatMul" for node in model.graph.node if node.op_type == "Gemm"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        quantize_dynamic(
            model,
            path,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=sorted(in_floats | layers),
        )
        quantised = onnx.load(path)
    store_changes(quantised, changes, factors)
    for product in [node for node in quantised.graph.node if node.name in in_floats]:
        _store_as_integers(quantised, product, scaled_once=product.name in averaged)
    for part in [node for node in quantised.graph.node if node.op_type == "Slice"]:
        _store_in_half_precision(quantised, part)
    if any(tensor.data_type == onnx.TensorProto.INT4 for tensor in quantised.graph.initializer):
        quantised = onnx.version_converter.convert_version(quantised, _OPSET_OF_4_BITS)
    before, after = (exported_scores(one, sample) for one in (content, quantised.SerializeToString()))
    after -= _take_off(quantised.graph, (after - before).mean(axis=0))
    check_agreement(before, after, setting="weights", safe='"float32"')
    smaller: bytes = quantised.SerializeToString()
    return smaller


def _take_off(graph: onnx.GraphProto, shift: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Take off what scores of each label were shifted by; return it, or 0 without offsets at the end."""
    stored = constants_of(graph)
    last = node_makers(graph)[OUTPUT_NAME]
    offsets = next((stored[name] for name in last.input[::-1] if name in stored), None)
    if last.op_type not in _WITH_OFFSETS or offsets is None or list(offsets.dims) != list(shift.shape):
        return np.zeros_like(shift)
    moved = onnx.numpy_helper.to_array(offsets) - shift
    offsets.CopyFrom(onnx.numpy_helper.from_array(moved.astype(np.float32), offsets.name))
    return shift


def _pools_end(graph: onnx.GraphProto) -> int:
    """Return the place of the node that ends the last mean or deviation over a clip."""
    pools = [place for place, node in enumerate(graph.node) if node.op_type in _POOLS]
    return max(pools, default=len(graph.node))


def _products(graph: onnx.GraphProto) -> list[tuple[int, onnx.NodeProto]]:
    """Return the products with constant weights, and their places."""
    constants = constants_of(graph)
    return [
        (place, node)
        for place, node in enumerate(graph.node)
        if node.op_type == "MatMul" and node.input[1] in constants
    ]


def _takes_average(product: onnx.NodeProto, makers: dict[str, onnx.NodeProto]) -> bool:
    maker = makers.get(product.input[0])
    return maker is not None and is_average(maker, makers)


def _is_uneven(values: str, makers: dict[str, onnx.NodeProto]) -> bool:
    maker = makers.get(values)
    return maker is not None and maker.op_type in _UNEVEN


def _store_as_integers(model: onnx.ModelProto, product: onnx.NodeProto, *, scaled_once: bool) -> None:
    """Store the weights of a product as integers, which become floats again before they are used."""
    graph, name = model.graph, product.input[1]
    stored = constants_of(graph).get(name)
    if stored is None:  # Another product with the same weights has seen to it.
        return
    weights = onnx.numpy_helper.to_array(stored)
    most = np.maximum(np.abs(weights).max(axis=0), np.finfo(np.float32).tiny)
    shares = weights / most
    few = bool(np.abs(shares * _FEW_STEPS - np.rint(shares * _FEW_STEPS)).max() < _ROUNDING)
    steps = _FEW_STEPS if few else _STEPS
    integers = np.rint(shares * steps).astype(np.int8)
    graph.initializer.remove(stored)
    graph.initializer.append(_integers(f"{name}_integers", integers, few=few))
    graph.initializer.append(onnx.numpy_helper.from_array((most / steps).astype(np.float32), f"{name}_scale"))
    put_first(graph, _restoring(name, once=scaled_once))


def _restoring(name: str, *, once: bool) -> list[onnx.NodeProto]:
    """Return what makes floats of stored integers: at each run, or once, when a file is opened.

    What follows from constants onnxruntime computes once, but DequantizeLinear, which it looks for in front
    of products, in each run: of a large matrix that takes longer than the product.
    """
    integers, scale, floats = f"{name}_integers", f"{name}_scale", f"{name}_floats"
    if not once:
        return [onnx.helper.make_node("DequantizeLinear", [integers, scale], [name], floats, axis=1)]
    return [
        onnx.helper.make_node("Cast", [integers], [floats], floats, to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Mul", [floats, scale], [name], f"{name}_scaled"),
    ]


def _integers(name: str, values: NDArray[np.int8], *, few: bool) -> onnx.TensorProto:
    """Return integers of 8 bits, or of 4 bits, two to a byte, the first in its lower half."""
    if not few:
        return onnx.numpy_helper.from_array(values, name)
    first, second = np.resize(values.ravel(), (values.size + 1) // 2 * 2).view(np.uint8).reshape(-1, 2).T
    packed = (first & 0x0F) | (second << 4)
    return onnx.helper.make_tensor(name, onnx.TensorProto.INT4, values.shape, packed.tobytes(), raw=True)


def _store_in_half_precision(model: onnx.ModelProto, part: onnx.NodeProto) -> None:
    """Store a table in half precision, the part of which that is taken becomes floats again."""
    graph, taken = model.graph, part.output[0]
    table = constants_of(graph).get(part.input[0])
    if table is None or table.data_type != onnx.TensorProto.FLOAT or np.prod(table.dims) < _LARGE:
        return
    halves = onnx.numpy_helper.to_array(table).astype(np.float16)
    table.CopyFrom(onnx.numpy_helper.from_array(halves, table.name))
    part.output[0] = f"{taken}_halves"
    cast = onnx.helper.make_node(
        "Cast", [part.output[0]], [taken], name=f"{taken}_floats", to=onnx.TensorProto.FLOAT
    )
    graph.node.insert(list(graph.node).index(part) + 1, cast)
