import json
import subprocess
import sys

import pytest

from mnist_models import catalog, recipes, weights
from mnist_models.data import datasets


@pytest.mark.parametrize("network", catalog.CLASSIFIERS.values(), ids=lambda network: network.name)
class TestEveryNetwork:
    def test_its_data_is_known(self, network):
        assert set(network.data) <= set(datasets.SOURCES)

    def test_its_recipe_survives_json(self, network):
        stored = json.loads(json.dumps(network.recipe.model_dump()))
        assert recipes.read(recipes.ClassifierRecipe, stored) == network.recipe

    def test_it_can_be_trained_quickly(self, network):
        assert network.quick.epochs <= 6
        assert set(network.fixed) <= set(type(network.quick).model_fields)

    def test_its_shipped_files_are_as_the_card_says(self, network):
        files = weights.read(network.name)["files"]
        assert f"{network.name}.onnx" in files
        for file_name in files:
            assert weights.checked_file(network.name, file_name).is_file()

    def test_its_card_says_what_people_must_know(self, network):
        card = weights.read(network.name)
        assert card["parameters"] > 0
        assert card["test"]["images"] == 10_000
        assert card["data"]["sets"] == list(network.data)
        assert card["data"]["licences"]
        assert card["hardware"]
        assert card["training_seconds"] > 0
        assert card["limits"]
        assert card["largest_difference_of_onnx"] <= 2e-3  # a probability
        assert not card["data"]["embedded_sample"]
        assert not card["interrupted"]


class TestEveryShippedGenerator:
    @pytest.fixture(
        params=[name for name in catalog.ADVERSARIAL if (weights.folder() / f"{name}.json").is_file()]
    )
    def card(self, request):
        return weights.read(request.param)

    def test_its_files_are_as_the_card_says(self, card):
        names = [
            card["name"] + ending for ending in (".onnx", ".discriminator.onnx", ".keras", ".training.webp")
        ]
        assert set(names) <= set(card["files"])
        for file_name in card["files"]:
            assert weights.checked_file(card["name"], file_name).is_file()

    def test_its_card_says_what_people_must_know(self, card):
        assert card["parameters"] > 0
        assert card["discriminator_parameters"] > 0
        assert card["data"]["licences"]
        assert card["hardware"]
        assert card["training_seconds"] > 0
        assert card["limits"]
        assert card["largest_difference_of_onnx"] <= 1 / 255  # a pixel
        assert card["epochs_trained"] == len(card["history"]) == card["epochs_of_pictures"][-1]
        assert card["directions"]["tested"]


def test_an_unknown_network_is_answered_with_the_known():
    with pytest.raises(
        catalog.UnknownNetwork, match=r"no network 'nope'\. Known: age_judge, autoencoder, cnn, "
    ):
        catalog.get("nope")


def test_reading_the_catalog_loads_no_training_library():
    code = "import sys, mnist_models.catalog; print({'tensorflow', 'keras'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
