import json
import subprocess
import sys

import pydantic
import pytest

from mnist_models import cli, recipes
from mnist_models.recipes import AutoencoderRecipe, ClassifierRecipe, GanRecipe, VariationalRecipe


@pytest.mark.parametrize("kind", recipes.RECIPES)
class TestEveryKind:
    def test_its_fields_have_a_title_a_meaning_and_a_range(self, kind):
        known = recipes.hyperparameters(kind)
        assert [one.name for one in known] == list(kind.model_fields)
        assert all(one.title and one.meaning.endswith(".") for one in known)
        for one in known:
            assert one.lowest < one.highest or one.kind in ("choice", "switch")
            assert len(one.choices) > 1 or one.kind != "choice"

    def test_its_defaults_are_possible(self, kind):
        assert recipes.mistakes(kind()) == {}

    def test_it_survives_json_and_text(self, kind):
        recipe = kind()
        assert recipes.read(kind, json.loads(json.dumps(recipe.model_dump()))) == recipe
        for one in recipes.hyperparameters(kind):
            value = getattr(recipe, one.name)
            if value is not None:
                assert one.parse(one.written(value)) == value

    def test_what_is_given_wrong_is_refused(self, kind):
        with pytest.raises(pydantic.ValidationError):
            kind(a_field_that_is_not_there=3)
        with pytest.raises(pydantic.ValidationError):
            kind().replace(epochs=0)


def test_a_recipe_of_another_version():
    stored = {"hidden": [16, 8], "epochs": 7, "distortions": "garments", "log_every": 5}
    assert recipes.read(ClassifierRecipe, stored) == ClassifierRecipe(hidden=(16, 8), epochs=7)
    taught = {"epochs": 7, "teacher": 3.0, "taught_by": 2, "clearest": 0.5, "contrast": True}
    assert recipes.read(GanRecipe, taught) == GanRecipe(epochs=7)


def test_numbers_beyond_todays_ranges_stay_as_they_were_trained_with():
    stored = {"hidden": [5_000] * 7, "epochs": 5_000, "batch_size": 2, "dropout": 0.99, "seed": -1}
    recipe = recipes.read(ClassifierRecipe, stored)
    assert recipe.hidden == (5_000,) * 7
    assert (recipe.epochs, recipe.batch_size, recipe.dropout, recipe.seed) == (5_000, 2, 0.99, -1)
    assert recipe.activation == "relu"
    assert recipe.replace(patience=3).epochs == 5_000
    assert "Epochs must be from 1 to 1,000, not 5,000." in recipes.mistakes(recipe).values()


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ({"hidden": 5}, "Hidden layers must be whole numbers, not 5."),
        ({"hidden": [0, "x"]}, "Hidden layers must have 1 to 4,096 units each, not 0."),
        ({"epochs": "many", "dropout": 3}, "Epochs must be a whole number, not many."),
        ({"activation": "magic"}, "Activation must be one of relu, leaky_relu"),
    ],
)
def test_what_is_no_recipe_is_refused(stored, sentence):
    with pytest.raises(ValueError, match=sentence):
        recipes.read(ClassifierRecipe, stored)


def test_a_variational_autoencoder_needs_its_divergence():
    assert recipes.mistakes(AutoencoderRecipe(kl_weight=0.0)) == {}
    wrong = VariationalRecipe().model_copy(update={"kl_weight": 0.0})
    assert list(recipes.mistakes(wrong)) == ["kl_weight"]


@pytest.mark.parametrize("stored", [{"teacher": 3.0}, {"clearest": 0.5}])
def test_what_teachers_trained_does_not_go_on(stored):
    with pytest.raises(recipes.Retired, match="had a teacher, which Digit Lab no longer has"):
        recipes.refuse_retired(stored)


@pytest.mark.parametrize("stored", [{}, {"teacher": 0.0, "clearest": 1.0, "contrast": True}])
def test_what_was_trained_without_them_does(stored):
    recipes.refuse_retired(stored)


@pytest.mark.parametrize("kind", recipes.RECIPES)
def test_the_command_line_has_an_option_for_every_field_with_the_same_range(kind, capsys):
    for known in recipes.hyperparameters(kind):
        if known.kind not in ("whole", "number") or known.name == "epochs":
            continue
        option = f"--{known.name.replace('_', '-')}"
        assert cli.main(["train", "mlp", option, str(known.highest + 1)]) == 2
        # Where kinds differ, every kind's is taken at first.
        assert f"{option}: {known.title} must be from" in capsys.readouterr().err


def test_the_help_says_what_is_possible(capsys):
    assert cli.main(["train", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "against overfitting (0 to 0.95)." in shown
    assert "How steps are made from gradients (adam, adamw, nadam, rmsprop, sgd)." in shown


def test_reading_recipes_loads_no_training_library():
    code = "import sys, mnist_models.recipes; print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
