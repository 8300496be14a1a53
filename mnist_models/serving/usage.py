"""How a trained network's files are used outside this project, a line each, for cards and downloads."""

from mnist_models import catalog

_LOAD = 'keras.models.load_model("{name}.keras")'
_CLASSIFIER = _LOAD + "(images): float32 N×28×28×1 in [0, 1], light on dark, to N×10 probabilities."
_VIEWS = " {name}.onnx also averages over pictures that are slightly moved, turned and scaled."
_ARRAYS = 'numpy.load("{name}.npz") holds the weights by name; {name}.onnx is the whole network.'
_AGES = _LOAD + "(faces): float32 N×64×64×3 in [0, 1] to N×1 years."
_GENERATOR = (
    _LOAD + '.get_layer("generator")(z) draws: float32 N×latent_dim random numbers, standard normal, to '
    'pictures in [-1, 1]; .get_layer("discriminator") judges such pictures.'
)
_AUTOENCODER = (
    _LOAD + '.get_layer("encoder")(images): float32 N×28×28×1 in [0, 1] to codes, the first latent_dim '
    'numbers; .get_layer("decoder")(codes) back to pictures.'
)


def how_to_use(network, stem=None):
    """How to use a network's .keras file (of raw networks the .npz file): a sentence of Python.

    Args:
        network: a name of the catalog.
        stem: what the files are called; the network's name when None.

    Raises:
        catalog.UnknownNetwork
    """
    return _template(catalog.get(network)).format(name=stem or network)


def _template(row):
    if row.kind == "gan":
        return _GENERATOR
    if row.kind == "autoencoder":
        return _AUTOENCODER
    if row.kind == "regressor":
        return _AGES
    if row.trainer == "mnist_models.training.raw_loop:fit":
        return _ARRAYS
    return _CLASSIFIER + _VIEWS if row.looks_again else _CLASSIFIER
