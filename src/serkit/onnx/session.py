"""Open an ONNX model on the CPU, in as many threads as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime


def open_session(content: bytes, *, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return a session of onnxruntime, whose own exceptions say why a model cannot be opened.

    Parameters
    ----------
    content : bytes
        ONNX model.
    threads : int, default 1
        Threads that one run may use.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Stored integers are multiplied as integers, their partners scaled so many values at a time: of 32, which
    # onnxruntime takes by itself, a product takes a quarter longer, for answers that are no better.
    options.add_session_config_entry("session.qdq_matmulnbits_block_size", "128")
    options.log_severity_level = 4  # a refusal is an exception, not a line on stderr
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
