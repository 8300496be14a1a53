import numpy as np
import pytest

from mnist_models import weights
from mnist_models.images.normalize import as_input
from mnist_models.serving import sessions


def test_a_session_gives_the_outputs_of_layers_too(sample):
    session = sessions.session("judge", layers=("features",))
    probabilities, features = session.run(None, {session.get_inputs()[0].name: as_input(sample.x_test[:5])})
    assert probabilities.shape == (5, 10)
    assert len(features) == 5
    assert features.min() == 0  # behind the activation
    assert np.linalg.matrix_rank(features) == 5


def test_an_unknown_layer_is_said():
    with pytest.raises(weights.CardError, match="no layer 'nowhere'"):
        sessions.session("judge", layers=("nowhere",))
