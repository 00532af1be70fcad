"""Add constants to the scores of an ONNX model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

from serkit.onnx.file import OUTPUT_NAME
from serkit.onnx.graph import rename_value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_PREFIX = "shift"


def shift_scores(content: bytes, offsets: ArrayLike) -> bytes:
    """Return a model that adds offsets to its scores, whatever it ends in.

    Parameters
    ----------
    content : bytes
        ONNX model of a bundle.
    offsets : array_like of float, shape (n_labels,)
        What to add to the score of each label.
    """
    model = onnx.load_from_string(content)
    graph = model.graph
    number = sum(node.name.startswith(_PREFIX) for node in graph.node)
    before, added = (f"{_PREFIX}{number}/{part}" for part in ("scores", "offsets"))
    rename_value(graph, OUTPUT_NAME, before)
    graph.initializer.append(numpy_helper.from_array(np.asarray(offsets, dtype=np.float32), added))
    graph.node.append(helper.make_node("Add", [before, added], [OUTPUT_NAME], name=f"{_PREFIX}{number}/Add"))
    return bytes(model.SerializeToString(deterministic=True))
