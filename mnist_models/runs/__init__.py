"""Trainings one can watch: each is a process of its own, known through a database and a folder.

Nothing here imports TensorFlow or Keras, or anything of `mnist_models.training`.
"""
