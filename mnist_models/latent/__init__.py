"""Latent vectors: walks and the plane."""
