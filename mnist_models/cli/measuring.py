"""Figures of trained networks: show them, measure them, and find what a generator's sliders change."""

import dataclasses

import click

from mnist_models import catalog
from mnist_models import weights as cards
from mnist_models.cli import options
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError


@click.command("list")
@options.weights
def list_networks(weights):
    """The catalog with each network's figures."""
    print(f"{'name':12} {'parameters':>11} {'measured':>14}  what it is")
    for network in catalog.NETWORKS.values():
        try:
            card = cards.read(network.name, weights)
        except cards.CardError:
            print(f"{network.name:12} {'not trained':>26}  {network.summary}")
            continue
        print(f"{network.name:12} {card['parameters']:>11,} {_figure(card):>14}  {network.summary}")


def _figure(card):
    """The figure that says most about a network, with what it is a share of."""
    test = card.get("test", {})
    if "accuracy" in test:
        return f"{test['accuracy']:.2%} right"
    if "error" in test:
        return f"error {test['error']:.4f}"
    if "mean_absolute_error" in test:
        return f"{test['mean_absolute_error']:.1f} years off"
    if "sure" in test:
        return f"{test['sure']:.1%} sure"
    if "swd" in test:
        return "SWD " + "/".join(f"{distance:.0f}" for distance in test["swd"])
    return "–"


@click.command()
@options.network
@click.option("--save", is_flag=True, help="Write the figures into the model card.")
@options.data
@options.weights
def evaluate(network, save, weights):
    """Measure a trained network on its test images."""
    if save and network.data[0] != "faces" and datasets.load(network.data[0]).is_sample:
        raise datasets.DataError("The card holds figures of the full test set only; fetch MNIST first.")
    measure = _measure_classifier if network.kind == "classifier" else _measure
    figures = measure(network, weights)
    if save:
        cards.write(network.name, cards.read(network.name, weights) | figures, weights)


def _measure_classifier(network, weights):
    from mnist_models.evaluation import classifier

    dataset = datasets.load(network.data[0])
    report = classifier.evaluate(network.name, dataset, weights)
    _print_report(report, datasets.SOURCES[dataset.name].labels)
    figures = {"test": dataclasses.asdict(report)}
    if "strokes" in network.data and datasets.find("strokes"):
        recorded = datasets.load_strokes()
        drawings, unsure = classifier.evaluate_drawings(network.name, recorded, weights=weights)
        print()
        _print_report(drawings)
        print(f"unsure of {unsure:.2%}")
        figures["test_drawings"] = dataclasses.asdict(drawings) | {"unsure": unsure}
        figures["test_fat_pens"] = classifier.evaluate_fat_pens(network.name, recorded, weights=weights)
        figures["test_photos"] = classifier.evaluate_photos(network.name, weights=weights)
        for title in ("test_fat_pens", "test_photos"):
            print()
            for kind, found in figures[title].items():
                print(f"{kind:30}" + "".join(f"  {name} {value:.4g}" for name, value in found.items()))
    return figures


def _measure(network, weights):
    """Figures of a network that names no classes."""
    from mnist_models.evaluation import age, autoencoder, generator

    if network.kind == "gan":
        figures = generator.evaluate(network, weights)
    elif network.kind == "regressor":
        figures = age.evaluate(datasets.load_faces(), weights)
    else:
        figures = autoencoder.evaluate(network, datasets.load(network.data[0]), weights)
    for name, figure in figures.items():
        numbers = figure if isinstance(figure, list) else [figure]
        print(f"{name:20} {'  '.join(f'{number:.4g}' for number in numbers)}")
    return {"test": figures}


def _print_report(report, names=datasets.DIGITS):
    width = max(map(len, ("digit", *names)))
    print(f"{report.where}\naccuracy {report.accuracy:.2%}\n")
    print(f"{'digit' if names is datasets.DIGITS else 'class':{width}}  precision  recall")
    for name, precision, recall in zip(names, report.precision, report.recall, strict=True):
        print(f"{name:>{width}}  {precision:>9.2%}  {recall:>6.2%}")
    print("\nrows: true, columns: read as")
    print(" " * width + "".join(f"{name[:5]:>6}" for name in names))
    for name, row in zip(names, report.confusion, strict=True):
        print(f"{name:>{width}}" + "".join(f"{count:>6}" for count in row))


@click.command()
@options.network
@options.weights
def directions(network, weights):
    """Find what a generator's sliders can change."""
    from mnist_models.evaluation import sliders

    if network.kind != "gan":
        raise DigitLabError(f"Only generators have directions: {', '.join(catalog.ADVERSARIAL)}.")
    tested = sliders.find(network, weights)
    print(f"{sum(one.kept for one in tested)} of {len(tested)} kept; all figures are in the model card.")
