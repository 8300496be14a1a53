import json
import subprocess
import sys
from dataclasses import replace

import pytest

from mnist_models import catalog, recipes
from mnist_models.data import datasets
from mnist_models.runs import configuration as c
from mnist_models.runs.configuration import Configuration


@pytest.mark.parametrize("network", c.NETWORKS)
class TestEveryNetwork:
    def test_its_default_is_its_quick_preset_and_can_be_trained(self, network):
        configuration = c.default(network)
        assert configuration.recipe == catalog.get(network).quick
        assert c.mistakes(configuration) == ()
        assert c.to_query(configuration) == {"network": network}

    def test_its_shipped_recipe_survives_json_and_address(self, network):
        shipped = replace(c.default(network), recipe=catalog.get(network).recipe)
        assert c.mistakes(shipped) == ()
        assert c.from_json(c.to_json(shipped)) == shipped
        query = c.to_query(shipped)
        assert all(isinstance(value, str) for value in query.values())
        read, problems = c.from_query(query)
        assert problems == ()
        chosen = {known.name for known in c.hyperparameters(network)}
        assert {n: getattr(read.recipe, n) for n in chosen} == {n: getattr(shipped.recipe, n) for n in chosen}

    def test_its_hyperparameters_are_fields_with_a_meaning(self, network):
        fields = set(type(catalog.get(network).recipe).model_fields)
        known = c.hyperparameters(network)
        assert {one.name for one in known} <= fields
        assert {"epochs", "batch_size", "images", "seed"} <= {one.name for one in known}
        assert all(one.title and one.meaning.endswith(".") for one in known)

    def test_other_data_of_its_shape_can_be_chosen(self, network):
        own, *others = c.data_choices(network)
        assert own in catalog.get(network).data
        for other in others:
            row = c.network_of(Configuration(network, other, c.default(network).recipe))
            assert row.data == (other,)


def test_what_only_measures_others_is_not_trained_here():
    assert "age_judge" not in c.NETWORKS
    with pytest.raises(catalog.UnknownNetwork, match="no network 'age_judge' to train here"):
        c.default("age_judge")


def test_layers_can_be_chosen_for_mlp_only():
    assert "hidden" in {known.name for known in c.hyperparameters("mlp")}
    assert "hidden" not in {known.name for known in c.hyperparameters("cnn")}


def test_the_reader_keeps_its_strokes_on_its_own_data():
    assert c.network_of(c.default("reader")).data == ("mnist", "strokes")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epochs": 0}, "Epochs must be from 1 to 50, not 0."),
        ({"epochs": 2.5}, "Epochs must be a whole number, not 2.5."),
        ({"epochs": True}, "Epochs must be a whole number, not True."),
        ({"epochs": 90}, "Epochs must be from 1 to 50, not 90."),
        ({"learning_rate": float("nan")}, "Learning rate must be from 1e-06 to 10, not nan."),
        ({"dropout": 1.0}, "Dropout must be from 0 to 0.95, not 1."),
        ({"optimizer": "magic"}, "Optimiser must be one of adam, adamw, nadam, rmsprop, sgd, not magic."),
        ({"hidden": (5_000,)}, "Hidden layers must have 1 to 4,096 units each, not 5,000."),
        ({"hidden": (0,)}, "Hidden layers must have 1 to 4,096 units each, not 0."),
        ({"hidden": (8,) * 7}, "Hidden layers: there can be at most 6, not 7."),
        ({"hidden": "8"}, "Hidden layers must be whole numbers, not 8."),
        ({"augment": "yes"}, "Distort images must be on or off, not yes."),
        ({"images": 100}, "Training images must be 0 (all) or at least a batch (128), not 100."),
    ],
)
def test_every_mistake_gets_a_sentence(change, sentence):
    wrong = c.default("mlp").with_recipe(**change)
    assert c.mistakes(wrong, most_epochs=50) == (sentence,)
    with pytest.raises(c.BadConfiguration):
        c.check(wrong, most_epochs=50)


def test_data_of_another_shape_is_refused():
    wrong = replace(c.default("face_gan"), data="mnist")
    assert c.mistakes(wrong) == ("face_gan cannot be trained on 'mnist', only on faces.",)


def test_an_address_says_only_what_differs():
    mine = replace(c.default("mlp"), data=datasets.SAMPLE).with_recipe(hidden=(32, 16), augment=True)
    query = c.to_query(mine)
    assert query == {"network": "mlp", "data": datasets.SAMPLE, "hidden": "32,16", "augment": "on"}
    assert c.from_query(query | {"page": "train"}) == (mine, ())


def test_no_hidden_layer_is_a_choice_too():
    mine = c.default("mlp").with_recipe(hidden=())
    assert c.from_query(c.to_query(mine)) == (mine, ())


def test_what_is_wrong_in_an_address_is_said_and_left_out():
    query = {"network": "mlp", "data": "faces", "epochs": "many", "dropout": "7", "batch_size": "32"}
    read, problems = c.from_query(query)
    assert read == c.default("mlp").with_recipe(batch_size=32)
    assert problems == (
        "mlp cannot be trained on 'faces', only on mnist, mnist_sample, fashion_mnist.",
        "Dropout must be from 0 to 0.95, not 7.",
        "Epochs cannot be 'many'.",
    )
    read, problems = c.from_query({"network": "nope"})
    assert (read, problems) == (c.default("mlp"), ("There is no network 'nope'.",))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"network": "mlp", "data": "mnist", "recipe": 1}'])
def test_foreign_json_is_refused(text):
    with pytest.raises(c.BadConfiguration):
        c.from_json(text)


def test_fields_of_another_version_are_passed_over_and_missing_ones_get_defaults():
    recipe = {"hidden": [16, 8], "epochs": 7, "an_old_field": 3}
    read = c.from_json(json.dumps({"network": "mlp", "data": "mnist", "recipe": recipe}))
    assert read.recipe == recipes.ClassifierRecipe(hidden=(16, 8), epochs=7)


def test_widths_that_are_no_list_are_refused():
    text = json.dumps({"network": "mlp", "data": "mnist", "recipe": {"hidden": 5}})
    with pytest.raises(c.BadConfiguration):
        c.from_json(text)


def test_a_configuration_of_a_network_that_is_gone():
    text = json.dumps({"network": "gone", "data": "mnist", "recipe": {}})
    with pytest.raises(catalog.UnknownNetwork):
        c.from_json(text)


def test_nothing_of_it_loads_a_training_library():
    modules = "configuration, database, processes, queue, settings"
    code = f"import sys; from mnist_models.runs import {modules}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"tensorflow", "keras", "streamlit", "mnist_models.training"} & set(loaded)
