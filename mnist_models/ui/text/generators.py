"""What the pages of the generators say of a network: what one sees, and what its card knows."""

import math

from mnist_models.data import datasets
from mnist_models.serving import sessions
from mnist_models.ui.text.markdown import escaped

WHAT_ONE_SEES = {
    "mnist": "Every picture is invented from random numbers; no one wrote these digits. ",
    "fashion_mnist": "Every picture is invented from random numbers; no one makes or sells these clothes. ",
    "faces": "Every face is invented from random numbers; these people do not exist. ",
}
OF_OTHER_DATA = "Every picture is invented from random numbers. "

DISCRIMINATOR = """
The *discriminator* is the network that the generator trained against: it learned to tell real
pictures from generated ones, while the generator learned to fool it. Its rating tells what the two
have learned of one another. It is no measure of beauty, and it would be easy to fool with pictures of
another kind.
"""


def about(network):
    """Markdown on a generator: what one sees, its data, training, figures and limits, from its card.

    Args:
        network: a generator's name, or weights.Trained.

    Raises:
        weights.CardError: when it is not trained.
    """
    card = sessions.card(network)
    lines = [
        what_one_sees(network),
        "",
        f"- Learned from: {escaped(datasets.with_licences(card['data']))}.",
        f"- Trained: {_training(card)}.",
    ]
    lines += [f"- {card['made_with']}"] if "made_with" in card else []
    lines += [f"- Measured: {_figures(card['test'])}."] if "test" in card else []
    lines += [f"- {limit}" for limit in card["limits"]]
    return "\n".join([*lines, "", DISCRIMINATOR])


def what_one_sees(network):
    """Two sentences: that pictures are invented, and how a vector becomes one."""
    card = sessions.card(network)
    data = card["data"]["sets"][0]
    return WHAT_ONE_SEES.get("mnist" if data == datasets.SAMPLE else data, OF_OTHER_DATA) + (
        f"The network ({card['parameters']:,} parameters) turns {card['recipe']['latent_dim']} numbers "
        "into a picture, and nearby numbers give similar pictures, which is why the picture changes "
        "smoothly as a slider moves."
    )


def stages(card):
    """The states of a training that were measured, oldest first.

    Args:
        card: dict, a generator's model card.

    Returns:
        list of (epochs, short text with the figures). Those of another judge than the last are marked.
    """
    measured = [stage for stage in (*card.get("earlier", []), card) if "test" in stage]
    return [
        (stage["epochs_trained"], _short(stage["test"]) + _other_judge(stage["test"], measured[-1]["test"]))
        for stage in measured
    ]


def _other_judge(test, last):
    """A judge is known by how far apart it sees real pictures."""
    same = math.isclose(test.get("frechet_real", 0), last.get("frechet_real", 0), rel_tol=0.01)
    return "" if same else ", by an earlier judge"


def _short(test):
    if "sure" in test:
        return f"{100 * test['sure']:.0f} % recognised, Fréchet distance {test['frechet']:.1f}"
    return "sliced Wasserstein distance " + " / ".join(f"{value:.0f}" for value in test["swd"])


def _training(card):
    minutes = card["training_seconds"] / 60
    duration = f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
    return f"{card['epochs_trained']} epochs in {duration} on {card['hardware']}"


def _figures(test):
    if "sure" in test:
        shares = test["class_shares"]
        return (
            f"the judge is at least 90 % sure of {100 * test['sure']:.0f} % of its pictures; every class "
            f"is {100 * min(shares):.0f} to {100 * max(shares):.0f} % of them; Fréchet distance to test "
            f"pictures {test['frechet']:.1f} (training pictures: {test['frechet_real']:.1f})"
        )
    distances, real = (" / ".join(f"{value:.0f}" for value in test[key]) for key in ("swd", "swd_real"))
    return (
        f"sliced Wasserstein distance to test faces at 64, 32 and 16 pixels {distances} (real faces: "
        f"{real}); "
        f"diversity {test['diversity']:.3f} (real faces: {test['diversity_real']:.3f})"
    )
