"""Trained models as ONNX files: written, made smaller and faster, opened, and given another last layer."""
