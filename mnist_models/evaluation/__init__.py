"""Every figure of a model card."""
