"""What the Reconstruct page says: sentences with the figures of the model cards."""

from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.serving import sessions

INVITATION = "Draw a digit, or pick one, and see what is left of it."
NETWORKS = ("autoencoder", "denoiser", "vae")

EXPLANATION = """
An *autoencoder* is two networks in a row. The *encoder* turns the 784 pixels into a few numbers, the
*code*; the *decoder* draws a picture from the code alone. Both learned together to give back what they
were shown, so the code had to keep what matters. No label was used. Digits that look alike get
similar codes, which is why neighbours by code look alike and why half way between two codes lies a
picture that is a bit of both.

The *denoiser* has the same layers. It was shown digits with noise or with a part rubbed out (painted
grey), and learned to give back the clean ones. What it draws into a hole is a guess.

The *VAE* (variational autoencoder) has two numbers only, so its codes lie on a plane. It learned to
blur every code a little and to keep the codes close together, so that every place on the plane
means something: there are no gaps to fall into.

In the error pictures red is ink that is missing and blue ink that was added.
"""


def error_sentence(error, network="autoencoder"):
    """What the reconstruction lost, beside what the network loses of test digits.

    Args:
        error: float, mean squared error of the pixels.
        network: its name, or weights.Trained.
    """
    card = sessions.card(network)
    sentence = f"{card['recipe']['latent_dim']} numbers keep this much: error **{error:.4f}**"
    if "test" not in card:
        return sentence
    return sentence + f" (test digits: {card['test']['error']:.4f})"


def noise_sentence(noisy, cleaned):
    """How far the denoiser brought the error down."""
    if noisy == 0:
        return f"Without noise the denoiser's error is **{cleaned:.4f}**"
    return f"Error {noisy:.3f} with noise, **{cleaned:.4f}** cleaned up: {noisy / cleaned:.1f} times less"


def hole_sentence(bare, filled):
    """What filling the hole brought; None for both when nothing is rubbed out."""
    if bare is None:
        return "Rub a part of the digit out, and the denoiser fills it in."
    return f"Error inside the hole **{filled:.3f}**; left as bare paper it would be {bare:.3f}"


def codes_read(network="autoencoder"):
    """How well codes tell the digit: a sentence, empty where it was not measured."""
    test = sessions.card(network).get("test")
    if test is None:
        return ""
    return (
        f"A linear classifier reads {100 * test['codes_read']:.1f} % of the test digits from their codes "
        "alone, though no label was used to find the codes."
    )


def figures_table(weights=None):
    """A Markdown table of what the model cards say of the three networks."""
    rows = [
        "| network | numbers in the code | error on test digits | PCA with as many | read from the code |"
    ]
    rows += ["| :-- | --: | --: | --: | --: |"]
    for name in NETWORKS:
        card = sessions.card(cards.trained(name, weights))
        test = card.get("test")
        cells = ["not measured"] * 3
        if test:
            cells = [f"{test['error']:.4f}", f"{test['error_pca']:.4f}", f"{100 * test['codes_read']:.1f} %"]
        rows.append(f"| {card['title']} | {card['recipe']['latent_dim']} | {' | '.join(cells)} |")
    return "\n".join(rows)


def repairs(network="denoiser"):
    """What was measured of a denoiser: a sentence, empty where nothing was."""
    test = sessions.card(network).get("test")
    if test is None:
        return ""
    times = test["noisy_error"] / test["denoised_error"]
    return (
        f"Of test digits with noise of standard deviation {test['noise_sigma']:g} the denoiser brings the "
        f"error from {test['noisy_error']:.3f} to {test['denoised_error']:.4f}, {times:.0f} times less; "
        f"inside holes it is {test['hole_error']:.3f}, and {test['hole_error_bare']:.3f} if they are left "
        "as bare paper."
    )


def about(weights=None):
    """Markdown on the three networks in a folder, the shipped one when None: figures, data, limits."""
    networks = [cards.trained(name, weights) for name in NETWORKS]
    denoiser = networks[1]
    card = sessions.card(denoiser)
    data = datasets.with_licences(card["data"])
    limits = dict.fromkeys(limit for network in networks for limit in sessions.card(network)["limits"])
    lines = [figures_table(weights), "", repairs(denoiser), "", f"Learned from: {data}.", ""]
    return "\n".join(lines + [f"- {limit}" for limit in limits])
