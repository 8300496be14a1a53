"""The page Train without a browser: what is typed, what is refused, and what is then trained."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_models.data import user_data
from mnist_models.errors import DigitLabError
from mnist_models.runs import configuration as configurations
from mnist_models.runs import queue, uploads
from mnist_models.ui.text import markdown
from tests import finished_runs

SCRIPT = Path(__file__).parents[2] / "pages" / "train.py"

pytestmark = pytest.mark.usefixtures("sleepers", "settings")


def opened(**parameters):
    page = AppTest.from_file(SCRIPT, default_timeout=60)
    page.session_state["visitor"] = "a"  # there is no browser to tell visitors by
    for name, values in parameters.items():
        page.query_params[name] = values
    return checked(page.run())


def checked(page):
    assert not page.exception
    return page


def field(page, label):
    (found,) = [one for one in page.number_input if one.label == label]
    return found


def train_button(page):
    (found,) = [one for one in page.button if one.label == "Train"]
    return found


def warnings(page):
    return " ".join(one.value for one in page.warning)


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Epochs", 0, "Epochs must be from 1 to 200, not 0."),
        ("Epochs", 500, "Epochs must be from 1 to 200, not 500."),
        ("Epochs", -3, "Epochs must be from 1 to 200, not -3."),
        ("Epochs", 2.5, "Epochs must be a whole number, not 2.5."),
        ("Epochs", 1e20, "Epochs must be from 1 to 200, not 1e+20."),
        ("Batch size", 5_000, "Batch size must be from 4 to 2,048, not 5,000."),
        ("Learning rate", 0, "Learning rate must be from 1e-06 to 10, not 0."),
        ("Dropout", 1.5, "Dropout must be from 0 to 0.95, not 1.5."),
        ("Seed", -1, "Seed must be from 0 to 2,147,483,647, not -1."),
    ],
)
def test_a_number_out_of_range_is_refused_in_words_and_train_waits(label, typed, sentence):
    page = opened(network=["mlp"])
    before = field(page, label).value
    field(page, label).set_value(typed)
    checked(page.run())
    assert field(page, label).value == typed  # the field goes on showing what was typed
    assert markdown.escaped(sentence) in warnings(page)
    assert train_button(page).disabled
    field(page, label).set_value(before)
    checked(page.run())
    assert not warnings(page)
    assert not train_button(page).disabled


def test_fields_have_no_limits_of_their_own_which_would_keep_the_last_number():
    page = opened(network=["mlp"])
    for one in page.number_input:
        assert not one.proto.has_min
        assert not one.proto.has_max


def test_train_takes_what_is_shown_at_the_press(db):
    page = opened(network=["mlp"], data=["mnist_sample"])
    field(page, "Epochs").set_value(7)  # and Train is pressed before the page was drawn with it
    train_button(page).click()
    checked(page.run())
    (run,) = db.runs.all()
    assert configurations.from_json(run.configuration).recipe.epochs == 7


def test_train_does_nothing_when_a_wrong_number_came_with_the_press(db):
    page = opened(network=["mlp"], data=["mnist_sample"])
    field(page, "Epochs").set_value(5_000)
    train_button(page).click()
    checked(page.run())
    assert "not 5,000" in warnings(page)
    assert db.runs.all() == []


def test_what_a_person_can_mend_is_said_and_a_bug_is_shown_as_one(monkeypatch):
    def press(error):
        def refuse(*arguments):
            raise error

        monkeypatch.setattr(queue, "start", refuse)
        page = opened(network=["mlp"], data=["mnist_sample"])
        train_button(page).click()
        return page.run()

    page = press(DigitLabError("The queue is closed. Come back tomorrow."))
    assert [one.value for one in page.error] == ["The queue is closed. Come back tomorrow."]
    assert not page.exception
    assert press(ValueError("operands could not be broadcast")).exception


def test_a_parameter_given_twice_in_the_address_gets_a_word():
    page = opened(network=["mlp"], epochs=["5", "7"])
    sentence = "The address gives Epochs more than once: only the last one counts."
    assert markdown.escaped(sentence) in warnings(page)
    assert field(page, "Epochs").value == 7
    assert page.query_params["epochs"] in ("7", ["7"])


def test_an_address_is_held_to_the_limit_of_this_server():
    page = opened(network=["mlp"], epochs=["500"])
    assert markdown.escaped("Epochs must be from 1 to 200, not 500.") in warnings(page)
    assert field(page, "Epochs").value <= 200


def test_the_form_says_what_no_training_images_mean():
    assert field(opened(network=["mlp"]), "Training images (0: all)").value is not None


def test_more_epochs_are_refused_in_words_too(db, settings, tiny):
    run_id = queue.start(db, settings, tiny, "a")
    db.runs.change_state(run_id, "paused")
    for epochs, said in ((201, "201"), (2.5, "2.5"), (0, "0"), (float("inf"), "inf")):
        with pytest.raises(queue.Refused, match=f"a whole number from 1 to 200, not {said}."):
            queue.resume(db, settings, run_id, epochs=epochs)


def test_a_picture_that_was_dropped_since_it_was_listed_is_no_fault(db, settings):
    gan = configurations.default("digit_gan")
    run_id = queue.start(db, settings, replace(gan, data="mnist_sample"), "a")
    pictures = settings.folder(run_id) / "pictures"
    pictures.mkdir()
    (pictures / "000000010.png").symlink_to(pictures / "gone.png")
    page = opened(run=[run_id])
    assert "This picture has just been dropped. Choose another." in [one.value for one in page.caption]


def test_a_run_says_what_it_was_trained_with(db, settings, tiny):
    run_id = queue.start(db, settings, tiny, "a")
    page = opened(run=[run_id])
    assert [one.value for one in page.subheader] == ["Feed\\-forward net 1"]
    (table,) = [one.value for one in page.markdown if "| This run | Preset |" in one.value]
    assert "| Hidden layers | **16** |" in table


def test_data_is_not_deleted_while_nobody_knows_who_trains_on_it(settings, sample):
    name = uploads.keep(
        settings, "Hats", user_data.make(sample.x_test, sample.y_test, map(str, range(10))), "a"
    )
    page = opened()
    settings.database.write_bytes(b"this is no database " * 1_000)
    next(one for one in page.button if one.label == "Delete it").click()
    assert "The list of runs is damaged" in " ".join(one.value for one in checked(page.run()).error)
    assert uploads.is_here(settings, name)


def test_images_that_were_read_as_no_class_are_counted(db, settings, sample):
    """Classifiers have ten outputs; after a short training those beyond the classes still win sometimes."""
    few = sample.y_train < 3
    data = user_data.make(sample.x_train[few], sample.y_train[few], ("bowler", "cap", "top hat"))
    name = uploads.keep(settings, "Hats", data)
    run_id = finished_runs.create(db, settings, "mlp", data=name, visitor="a")
    matrix = [[0] * 10 for _ in range(10)]
    matrix[0][0], matrix[2][2], matrix[2][7] = 6, 2, 4
    db.runs.add_confusion(run_id, 1, 1.0, matrix)
    said = [one.value for one in opened(run=[run_id]).caption]
    assert "4 images were read as none of these classes. That ends with more epochs." in said
