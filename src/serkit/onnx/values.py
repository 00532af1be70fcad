"""Look at values inside an ONNX model while it hears a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from serkit.onnx.file import INPUT_NAME
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


def values_in(
    model: onnx.ModelProto, names: Sequence[str], sample: NDArray[Any]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield values by name, for one row of a sample after the other.

    Parameters
    ----------
    model : onnx.ModelProto
        Stays as it is.
    names : sequence of str
        Of what its nodes make.
    sample : ndarray of float, shape (n, ...), or of objects, shape (n,)
        Features.
    """
    if not names:
        return
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    shown.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = open_session(shown.SerializeToString())
    for row in sample:
        values = session.run(names, {INPUT_NAME: np.asarray(row, np.float32)[np.newaxis]})
        yield dict(zip(names, values, strict=True))
