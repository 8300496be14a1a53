import dataclasses
import json
import subprocess
import sys

import pytest

from mnist_models import cards, catalog, datasets


@pytest.mark.parametrize("network", catalog.CLASSIFIERS.values(), ids=lambda network: network.name)
class TestEveryNetwork:
    def test_its_data_is_known(self, network):
        assert set(network.data) <= set(datasets.SOURCES)

    def test_its_recipe_survives_json(self, network):
        recipe = dataclasses.asdict(network.recipe)
        restored = json.loads(json.dumps(recipe))
        restored["hidden"] = restored["hidden"] and tuple(restored["hidden"])
        assert catalog.Recipe(**restored) == network.recipe

    def test_its_shipped_files_are_as_the_card_says(self, network):
        files = cards.read(network.name)["files"]
        assert f"{network.name}.onnx" in files
        for file_name in files:
            assert cards.checked_file(network.name, file_name).is_file()

    def test_its_card_says_what_people_must_know(self, network):
        card = cards.read(network.name)
        assert card["parameters"] > 0
        assert card["test"]["images"] == 10_000
        assert card["data"]["sets"] == list(network.data)
        assert card["data"]["licences"]
        assert card["hardware"]
        assert card["training_seconds"] > 0
        assert card["limits"]
        assert card["largest_difference_of_onnx"] <= 1e-4
        assert not card["data"]["embedded_sample"]
        assert not card["interrupted"]


@pytest.mark.parametrize(
    ("name", "accuracy"),
    [
        ("mlp", 0.984),
        ("cnn", 0.992),
        ("strided_cnn", 0.990),
        ("reader", 0.996),
    ],
)
def test_measured_accuracy_is_what_we_promise(name, accuracy):
    assert cards.read(name)["test"]["accuracy"] >= accuracy


def test_an_unknown_network_is_answered_with_the_known():
    with pytest.raises(catalog.UnknownNetwork, match=r"no network 'nope'\. Known: autoencoder, cnn, "):
        catalog.get("nope")


def test_reading_the_catalog_loads_no_training_library():
    code = "import sys, mnist_models.catalog; print({'tensorflow', 'keras'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
