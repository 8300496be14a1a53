"""Networks that read and draw digits, and everything needed to train, export and use them."""

__version__ = "0.1.0"
