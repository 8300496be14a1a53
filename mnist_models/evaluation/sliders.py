"""Find the directions in latent space along which one measured property changes, and test them.

Nothing is trusted that was not tested on latent vectors of its own: of every direction the model card
says in how many pictures its property rose steadily, how far, and what else changed. Those that fail
are named there too, and get no slider.
"""

import json
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import numpy_helper

from mnist_models import weights as cards
from mnist_models.evaluation import slider_properties
from mnist_models.serving import sessions, sliders

STEADY = 0.9  # share of samples in which the property must rise from point to point
SIDE = 0.5  # what others may change at most, as a share of what the property changes
# Of the property from one end of the slider to the other, in standard deviations: less is hard to see.
LEAST_CHANGE = 1.0
POINTS = np.linspace(-1, 1, 5)  # of the reach, where a slider is looked at
# Tried for every slider; random vectors are about 10 long in 100 dimensions. What rises steadily nearby only
# is worth a short slider.
REACHES = (4.0, 2.0, 1.4)
# Pairs of a ridge and of what others may change by their measured slopes, as a share (root mean square) of
# the mean slope: see `_candidates`. The test then measures on whole sliders.
COMPROMISES = ((1.0, 0.45), (16.0, 0.35), (16.0, 0.45), (64.0, 0.55))
ROUNDS = 20
STEP = 1.0  # along every latent number, to measure slopes
STRONGEST = 5
STRONGEST_REACH = 4.0
SAME = 0.7  # cosine from which on two directions would be one slider twice


@dataclass(frozen=True)
class Effort:
    """How many latent vectors are spent on what.

    Attributes:
        samples: on standard deviations and on a regression.
        slopes: on slopes; each takes one picture for every latent number.
        choice: on comparing candidates for a direction.
        test: on testing the best of them.
    """

    samples: int = 3_000
    slopes: int = 200
    choice: int = 200  # 40 left 5 % of steadiness to chance
    test: int = 200


@dataclass(frozen=True)
class Tested:
    """A direction and how it did in the test.

    Attributes:
        name, title: of the property that rises along it.
        vector: float32 latent_dim, of unit length.
        reach: as in `sliders.Direction`.
        steady: share of samples in which the property rose from each of five points along the slider
            to the next.
        rises: share in which it was higher at the end than at the beginning, however it got there.
        change: of the property along the slider, largest minus smallest value, mean over samples, in
            standard deviations over random pictures.
        side_effects: name → the same of every other property. A picture cannot become more like a 7 and
            stay as much like a 3, so in a class's direction other classes count only where they rise.
    """

    name: str
    title: str
    vector: np.ndarray = field(repr=False)
    reach: float
    steady: float
    rises: float
    change: float
    side_effects: dict[str, float]

    @property
    def worst(self):
        """The largest side effect, as a share of the change."""
        return max(self.side_effects.values(), default=0.0) / max(self.change, 1e-9)

    @property
    def kept(self):
        """Whether it may have a slider."""
        return self.steady >= STEADY and self.worst < SIDE and self.change >= LEAST_CHANGE


def find(network, weights=None, effort=None, seed=0, say=print):
    """Find and test a generator's directions, and write them for `sliders.directions`.

    `NAME.directions.json` gets those kept and, of those that go elsewhere, the strongest; the card gets
    its checksum and, as "directions", the figures of all that were tested.

    Args:
        network: catalog.Network.
        weights: folder with the generator and what judges its pictures; the shipped one when None.
        effort: Effort; the usual one when None.
        seed: int.
        say: called with sentences for whoever waits.

    Returns:
        list of Tested, kept or not.

    Raises:
        weights.CardError: when the generator or its judge is missing or damaged.
    """
    weights, effort = weights or cards.folder(), effort or Effort()
    meter = slider_properties.meter_of(network, weights)
    generator = sessions.session(cards.trained(network.name, weights))
    (z,) = generator.get_inputs()

    def measured(latents):
        return meter.measure(generator.run(None, {z.name: latents})[0])

    latent_dim = cards.read(network.name, weights)["recipe"]["latent_dim"]
    tested = search(measured, meter.properties, latent_dim, effort, seed, say)
    found = [sliders.Direction(one.name, one.title, one.vector, one.reach) for one in tested if one.kept]
    strengths, vectors = strongest(first_layer(weights / f"{network.name}.onnx"))
    new = [i for i, vector in enumerate(vectors) if not _has(found, vector)][:STRONGEST]
    for number, i in enumerate(new, 1):
        name, title = f"strongest_{number}", f"Strongest {number}"
        found.append(sliders.Direction(name, title, vectors[i], STRONGEST_REACH))
    file_name = sliders.file_name(network.name)
    _write(found, weights / file_name)
    card = cards.read(network.name, weights)
    card["files"][file_name] = cards.sha256(weights / file_name)
    card["directions"] = {
        "samples": effort.test,
        "points": len(POINTS),
        "tested": [_figures(one) for one in tested],
        "strengths": strengths[new].round(3).tolist(),
        "mean_strength": round(float(strengths.mean()), 3),
    }
    cards.write(network.name, card, weights)
    return tested


def search(measured, named, latent_dim, effort, seed=0, say=print):
    """Find and test one direction for every property.

    Args:
        measured: takes float32 N×latent_dim, returns float64 N×K, the K properties of the pictures.
        named: K slider_properties.Property.
        latent_dim: int.
        effort: Effort.
        seed: int.
        say: called with sentences for whoever waits.

    Returns:
        list of Tested, in the properties' order.
    """
    rng = np.random.default_rng(seed)

    def draw(count):
        return rng.standard_normal((count, latent_dim), np.float32)

    def measure(latents):
        return np.concatenate([measured(latents[i : i + 100]) for i in range(0, len(latents), 100)])

    say(f"Measuring {effort.samples:,} pictures …")
    samples = draw(effort.samples)
    values = measure(samples)
    scale = np.maximum(values.std(axis=0), 1e-9)
    averages = regression(samples, values / scale)
    say(f"Measuring slopes with {effort.slopes * (latent_dim + 1):,} pictures …")
    slopes = _slopes(measure, draw(effort.slopes)) / scale
    choice, test = draw(effort.choice), draw(effort.test)
    tested = []
    for k, one in enumerate(named):
        candidates = _candidates(k, named, averages, slopes)
        tried = [trial for vector in candidates for trial in _try(k, named, vector, measure, choice, scale)]
        best = max(tried, key=_merit)
        (final,) = _try(k, named, best.vector, measure, test, scale, reaches=(best.reach,))
        say(
            f"{one.title}: {'kept' if final.kept else 'dropped'}; rises steadily in {final.steady:.0%}, "
            f"by {final.change:.1f} standard deviations; nothing else by over {final.worst:.2f} of that."
        )
        tested.append(final)
    return tested


def regression(samples, values):
    """The mean slope of every value, by ridge regression.

    For normally distributed latent vectors the regression's slope is the mean of the local ones (Stein
    1981), however crooked the function.

    Args:
        samples: float N×D.
        values: float N×K.

    Returns:
        float D×K.
    """
    centred = samples - samples.mean(axis=0)
    inner = centred.T @ centred + 10 * np.eye(samples.shape[1])
    return np.linalg.solve(inner, centred.T @ (values - values.mean(axis=0)))


def first_layer(path):
    """The weights of a generator's first dense layer.

    Args:
        path: of its ONNX file.

    Returns:
        float array latent_dim×units.

    Raises:
        ValueError: when it does not begin with one.
    """
    graph = onnx.load(path).graph
    constants = {constant.name: constant for constant in graph.initializer}
    (z,) = (entry.name for entry in graph.input if entry.name not in constants)
    for node in graph.node:
        if node.op_type in ("MatMul", "Gemm") and node.input[0] == z and node.input[1] in constants:
            weights = numpy_helper.to_array(constants[node.input[1]])
            turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
            return weights.T if turned else weights
    raise ValueError(f"{path} does not begin with a dense layer.")


def strongest(weights):
    """The directions that change most what the first layer puts out (SeFa).

    Shen and Zhou 2021, arXiv:2007.06600: the singular vectors of the layer's weights.

    Args:
        weights: float array latent_dim×units.

    Returns:
        (singular values, largest first; float32 array of as many unit vectors of latent_dim). Their sign
        is arbitrary; here the largest component is positive.
    """
    vectors, strengths, _ = np.linalg.svd(weights.astype(np.float64), full_matrices=False)
    vectors = vectors.T
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, np.newaxis], axis=1)
    return strengths, (vectors * np.sign(largest)).astype(np.float32)


def _has(sliders, vector):
    """Whether one of the sliders goes nearly along a vector, there or back."""
    return any(abs(one.vector @ vector) >= SAME for one in sliders)


def _slopes(measure, base):
    """How every property changes along every latent number: float N×D×K."""
    latent_dim = base.shape[1]
    moved = base[:, np.newaxis] + STEP * np.eye(latent_dim, dtype=np.float32)
    before = measure(base)[:, np.newaxis]
    return (measure(moved.reshape(-1, latent_dim)).reshape(*moved.shape[:2], -1) - before) / STEP


def _candidates(k, named, averages, slopes):
    """Unit vectors along which property k may rise.

    The mean slope m rises fastest, but drags others along, and rises in one picture and falls in
    another. Better is the v with the largest (m·v)² / vᵀ(V + Σ wᵢCᵢ + r·1)v, which is
    (V + Σ wᵢCᵢ + r·1)⁻¹ m: V is the covariance of the property's slopes from picture to picture, Cᵢ the
    mean square of another property's slopes, r a ridge in units of V's mean eigenvalue.
    """
    others = [i for i, other in enumerate(named) if i != k and not (other.is_class and named[k].is_class)]
    mean = (averages[:, k] + slopes[:, :, k].mean(axis=0)) / 2
    varied = np.cov(slopes[:, :, k], rowvar=False)
    unit = max(np.trace(varied) / len(varied), 1e-9) * np.eye(len(varied))
    dragged = np.array([slopes[:, :, i].T @ slopes[:, :, i] / len(slopes) for i in others])
    vectors = [_balanced(mean, varied + ridge * unit, dragged, share) for ridge, share in COMPROMISES]
    return [(vector / max(np.linalg.norm(vector), 1e-9)).astype(np.float32) for vector in vectors]


def _balanced(mean, cost, dragged, share):
    """The vector of `_candidates`, with weights wᵢ such that no other property changes too much.

    Whatever changes more than its share weighs more in the next round, whatever changes less, less.
    """
    if not len(dragged):
        return np.linalg.solve(cost, mean)
    weights = np.ones(len(dragged))
    for _ in range(ROUNDS):
        vector = np.linalg.solve(cost + np.einsum("n,nij->ij", weights, dragged), mean)
        effects = np.sqrt(np.einsum("i,nij,j->n", vector, dragged, vector))
        excess = effects / max(share * (mean @ vector), 1e-9)
        weights = np.clip(weights * np.clip(excess, 0.5, 2.0), 1e-3, 1e3)
    return vector


def _try(k, named, vector, measure, base, scale, reaches=REACHES):
    """Follow a vector from every base point: a list of Tested, one a reach."""
    places = np.unique(np.outer(reaches, POINTS))
    latents = base[:, np.newaxis] + places[:, np.newaxis].astype(np.float32) * vector
    values = measure(latents.reshape(-1, base.shape[1])).reshape(len(base), len(places), -1) / scale
    return [
        _judge(k, named, vector, reach, values[:, np.searchsorted(places, reach * POINTS)])
        for reach in reaches
    ]


def _judge(k, named, vector, reach, values):
    """What the values along a slider, float N×points×K in standard deviations, say of it."""
    one = named[k]
    steps, gains = np.diff(values[:, :, k], axis=1), values[:, -1] - values[:, 0]
    changes = np.ptp(values, axis=1).mean(axis=0)
    climbs = np.maximum(gains, 0).mean(axis=0)
    side_effects = {
        other.name: float(climbs[i] if other.is_class and one.is_class else changes[i])
        for i, other in enumerate(named)
        if i != k
    }
    return Tested(
        one.name,
        one.title,
        vector,
        reach,
        steady=float((steps > 0).all(axis=1).mean()),
        rises=float((gains[:, k] > 0).mean()),
        change=float(changes[k]),
        side_effects=side_effects,
    )


def _merit(trial):
    """Order of candidates: those that pass with room to spare by their change, others by what they lack."""
    shortfall = max(STEADY + 0.03 - trial.steady, trial.worst - (SIDE - 0.03), LEAST_CHANGE - trial.change, 0)
    return -shortfall, trial.change


def _figures(tested):
    """A row for the model card."""
    return {
        "name": tested.name,
        "title": tested.title,
        "kept": tested.kept,
        "reach": tested.reach,
        "steady": tested.steady,
        "rises": tested.rises,
        "change": round(tested.change, 3),
        "side_effects": {name: round(effect, 3) for name, effect in tested.side_effects.items()},
    }


def _write(sliders, path):
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "reach": one.reach,
            "vector": [round(float(number), 6) for number in one.vector],
        }
        for one in sliders
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
