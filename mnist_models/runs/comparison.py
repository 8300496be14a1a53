"""What a run was trained with, beside its network's preset or beside other runs."""

from dataclasses import dataclass

from mnist_models import catalog, errors
from mnist_models.runs import configuration, descriptions


@dataclass(frozen=True)
class Setting:
    """One thing that was chosen for a run.

    Attributes:
        title: for people, such as "Learning rate".
        value: for people, such as "0.001".
        preset: what the network's preset has there, for people.
    """

    title: str
    value: str
    preset: str

    @property
    def differs(self):
        return self.value != self.preset


def settings_of(run):
    """Data and hyperparameters of a run, in the order of the form.

    Args:
        run: records.Run.

    Returns:
        tuple of Setting; empty where its configuration cannot be read (any more).
    """
    try:
        chosen = configuration.from_json(run.configuration)
    except (configuration.BadConfiguration, catalog.UnknownNetwork):
        return ()
    preset = configuration.default(chosen.network)
    data = Setting("Data", descriptions.data_title(chosen.data), descriptions.data_title(preset.data))
    # A run that went on for more epochs than were asked for at first is known by all of them.
    recipe = chosen.with_recipe(epochs=run.epochs).recipe
    return data, *(
        Setting(
            known.title,
            spelled(known, getattr(recipe, known.name)),
            spelled(known, getattr(preset.recipe, known.name)),
        )
        for known in configuration.hyperparameters(chosen.network)
    )


def differences(runs):
    """What runs differ in.

    Args:
        runs: list of records.Run.

    Returns:
        list of dict from a title such as "Learning rate" to text, one for every run, all with the same
        titles, in the order of the form. A run that has no such thing has an empty text there.
    """
    settings = [{one.title: one.value for one in settings_of(run)} for run in runs]
    titles = dict.fromkeys(title for one in settings for title in one)
    differing = [title for title in titles if len({one.get(title, "") for one in settings}) > 1]
    return [{title: one.get(title, "") for title in differing} for one in settings]


def spelled(known, value):
    """A hyperparameter's value for people.

    Args:
        known: recipes.Hyperparameter.
        value: as in the recipe.
    """
    if known.kind == "widths":
        return ", ".join(map(str, value)) if value else "none"
    if known.kind == "switch":
        return "on" if value else "off"
    if known.name == "images" and not value:
        return "all"
    if known.kind == "choice":
        return value
    return errors.spelled(value) if known.kind == "whole" else f"{value:.10g}"
