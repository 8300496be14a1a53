import numpy as np

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.serving.classifier import Reading
from mnist_models.ui.text import draw


def reading(digit, probability, second=3, is_sure=True):
    probabilities = np.zeros(10, np.float32)
    probabilities[second] = 1 - probability
    probabilities[digit] = probability
    return Reading(probabilities, digit, is_sure)


def test_a_sure_reading_is_named():
    assert draw.sentence("Reader", reading(7, 0.93)) == "Reader reads a **7** (93 %)."


def test_an_eight_has_its_own_article():
    assert "an **8**" in draw.sentence("Reader", reading(8, 0.9))


def test_nothing_is_ever_wholly_certain():
    assert "100" not in draw.sentence("Reader", reading(7, 0.9999))


def test_an_unsure_reading_says_so_and_names_both_candidates():
    sentence = draw.sentence("Reader", reading(7, 0.55, second=1, is_sure=False))
    assert "unsure" in sentence
    assert "7" in sentence
    assert "1 (45 %)" in sentence


def test_a_table_cell_says_when_a_network_is_unsure():
    assert draw.short(reading(7, 0.93)) == "**7** (93 %)"
    assert draw.short(reading(7, 0.55, is_sure=False)) == "unsure, 7? (55 %)"


def test_the_tally_counts_right_and_wrong():
    tally = draw.Tally().count(7, 7).count(7, 1).count(3, 3)
    assert (tally.right, tally.wrong) == (2, 1)
    assert "2 read right, 1 read wrong" in str(tally)


def test_the_figures_come_from_the_cards():
    table = draw.figures_table(["reader"])
    accuracy = weights.read("reader")["test"]["accuracy"]
    assert f"{100 * accuracy:.2f} %" in table


def test_a_network_of_a_run_that_is_gone_has_no_row(tmp_path):
    gone = weights.Trained("mlp", tmp_path, "run-1", "mlp 1")
    assert draw.figures_table(["reader", gone]) == draw.figures_table(["reader"])


def test_a_shipped_network_without_a_card_leaves_the_others_their_rows(tmp_path):
    *table, last = draw.figures_table(["reader", weights.trained("mlp", tmp_path)]).splitlines()
    assert "\n".join(table) == draw.figures_table(["reader"])
    assert last == r"| Feed\-forward net | – | – | its card is damaged or missing |"


class TestOwnClasses:
    CLASSES = ("circle", "a *cross*", "square")

    def reading(self, values, is_sure):
        values = np.array(values, np.float32)
        return Reading(values, int(values.argmax()), is_sure)

    def test_a_sentence_names_the_class(self):
        assert (
            draw.sentence("Mine", self.reading([0.9, 0.1, 0], True), self.CLASSES)
            == "Mine reads **circle** (90 %)."
        )

    def test_names_are_shown_as_they_are(self):
        reading = self.reading([0.3, 0.6, 0.1], False)
        sentence = draw.sentence("Mine", reading, self.CLASSES)
        assert sentence.startswith(r"Mine is unsure: **a \*cross\*** (60 %), or circle (30 %)? Try drawing")
        assert draw.short(reading, self.CLASSES) == r"unsure, a \*cross\*? (60 %)"

    def test_what_to_draw(self):
        assert draw.invitation(self.CLASSES).endswith(r": circle, a \*cross\*, square.")
        assert draw.invitation(datasets.DIGITS) == draw.INVITATION

    def test_what_to_take_a_photo_of(self):
        assert draw.photo_invitation(self.CLASSES).endswith(r": circle, a \*cross\*, square.")
        assert "digit" in draw.photo_invitation(datasets.DIGITS)
