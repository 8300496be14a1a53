"""What a run was trained with, beside its network's preset or beside other runs."""

from dataclasses import dataclass

from mnist_models import catalog, recipes
from mnist_models.runs import configuration as configurations
from mnist_models.runs import descriptions
from mnist_models.ui.text import markdown


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
        run: database.Run.

    Returns:
        tuple of Setting; empty where its configuration cannot be read (any more).
    """
    try:
        configuration = configurations.from_json(run.configuration)
    except (configurations.BadConfiguration, catalog.UnknownNetwork):
        return ()
    preset = configurations.default(configuration.network)
    data = Setting("Data", descriptions.data_title(configuration.data), descriptions.data_title(preset.data))
    # A run that went on for more epochs than were asked for at first is known by all of them.
    recipe = configuration.with_recipe(epochs=run.epochs).recipe
    return data, *(
        Setting(
            known.title,
            spelled(known, getattr(recipe, known.name)),
            spelled(known, getattr(preset.recipe, known.name)),
        )
        for known in configurations.hyperparameters(configuration.network)
    )


def differences(runs):
    """What runs differ in.

    Args:
        runs: list of database.Run.

    Returns:
        list of dict from a title such as "Learning rate" to text, one for every run, all with the same
        titles, in the order of the form. A run that has no such thing has an empty text there.
    """
    settings = [{one.title: one.value for one in settings_of(run)} for run in runs]
    titles = dict.fromkeys(title for one in settings for title in one)
    differing = [title for title in titles if len({one.get(title, "") for one in settings}) > 1]
    return [{title: one.get(title, "") for title in differing} for one in settings]


def summary(settings):
    """How a run differs from its network's preset, such as "3 differ from the preset".

    Args:
        settings: as from `settings_of`.
    """
    count = sum(one.differs for one in settings)
    return f"{count or 'none'} {'differs' if count == 1 else 'differ'} from the preset"


def table(settings):
    """Markdown: what differs from the preset comes first.

    Args:
        settings: as from `settings_of`.
    """
    lines = ["| | This run | Preset |", "| --- | --- | --- |"]
    for one in sorted(settings, key=lambda one: not one.differs):
        value = markdown.escaped(one.value)
        shown = (f"**{value}**", markdown.escaped(one.preset)) if one.differs else (value, "the same")
        lines.append(f"| {one.title} | {' | '.join(shown)} |")
    return "\n".join(lines)


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
    return recipes.spelled(value) if known.kind == "whole" else f"{value:.10g}"
