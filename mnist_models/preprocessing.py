from mnist_models.images.normalize import *  # noqa: F403
