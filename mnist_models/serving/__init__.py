"""Trained networks through ONNX Runtime."""
