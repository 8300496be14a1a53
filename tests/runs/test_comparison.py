import pytest

from mnist_models.data import datasets
from mnist_models.runs import configuration, leaderboard
from mnist_models.runs.comparison import differences, settings_of
from mnist_models.ui.text import comparison


def create(db, network, data=None, **recipe):
    usual = configuration.default(network)
    chosen = configuration.Configuration(network, data or usual.data, usual.recipe.replace(**recipe))
    run_id = db.runs.create(
        configuration.to_json(chosen),
        "a",
        network=network,
        data=chosen.data,
        epochs=chosen.recipe.epochs,
    )
    return db.runs.get(run_id)


@pytest.mark.parametrize("network", configuration.NETWORKS)
def test_a_run_of_the_preset_differs_in_nothing(db, network):
    settings = settings_of(create(db, network))
    assert [one.title for one in settings if one.differs] == []
    assert comparison.summary(settings) == "none differ from the preset"
    assert {"Data", "Epochs", "Batch size"} <= {one.title for one in settings}


def test_what_differs_from_the_preset_is_said_first(db):
    run = create(db, "mlp", datasets.SAMPLE, hidden=(32, 16), learning_rate=0.01, images=0, augment=True)
    settings = settings_of(run)
    differing = {one.title: (one.value, one.preset) for one in settings if one.differs}
    assert differing["Hidden layers"][0] == "32, 16"
    assert differing["Learning rate"] == ("0.01", "0.002")
    assert differing["Distort images"] == ("on", "off")
    assert "Data" in differing
    table = comparison.table(settings)
    assert table.index("| Learning rate | **0\\.01** | 0\\.002 |") < table.index("| Epochs |")


def test_compared_runs_show_the_columns_in_which_they_differ(db):
    one = create(db, "mlp", learning_rate=0.01)
    other = create(db, "mlp", learning_rate=0.02)
    third = create(db, "cnn")
    assert differences([one, other]) == [{"Learning rate": "0.01"}, {"Learning rate": "0.02"}]
    assert differences([one]) == [{}]
    assert [row["Learning rate"] for row in leaderboard.rows(db, [one, other])] == ["0.01", "0.02"]
    mixed = differences([one, third])
    assert mixed[0]["Hidden layers"]
    assert mixed[1]["Hidden layers"] == ""
    assert mixed[0].keys() == mixed[1].keys()


def test_epochs_are_those_that_a_run_was_given_in_all(db):
    run = create(db, "mlp", epochs=2)
    db.runs.update(run.id, epochs=5)
    (epochs,) = [s for s in settings_of(db.runs.get(run.id)) if s.title == "Epochs"]
    assert epochs.value == "5"


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"network": "gone", "data": "mnist", "recipe": {}}'])
def test_an_unreadable_configuration_says_nothing(db, text):
    run_id = db.runs.create(text, "a", network="mlp", data="mnist", epochs=2)
    assert settings_of(db.runs.get(run_id)) == ()
