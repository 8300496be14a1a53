"""What the pages say of how a run differs from its network's preset."""

from mnist_models.ui.text.markdown import escaped


def summary(settings):
    """How a run differs from its network's preset, such as "3 differ from the preset".

    Args:
        settings: as from `runs.comparison.settings_of`.
    """
    count = sum(one.differs for one in settings)
    return f"{count or 'none'} {'differs' if count == 1 else 'differ'} from the preset"


def table(settings):
    """Markdown: what differs from the preset comes first.

    Args:
        settings: as from `runs.comparison.settings_of`.
    """
    lines = ["| | This run | Preset |", "| --- | --- | --- |"]
    for one in sorted(settings, key=lambda one: not one.differs):
        value = escaped(one.value)
        shown = (f"**{value}**", escaped(one.preset)) if one.differs else (value, "the same")
        lines.append(f"| {one.title} | {' | '.join(shown)} |")
    return "\n".join(lines)
