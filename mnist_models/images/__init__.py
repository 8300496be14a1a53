"""Pixels in and out, with NumPy and Pillow."""
