import contextlib
from dataclasses import replace

import numpy as np
import pytest

from mnist_models.data import datasets
from mnist_models.errors import DigitLabError
from mnist_models.runs import configuration as configurations
from mnist_models.runs import disk, queue, records, uploads
from tests.damage import damaged_copies
from tests.data.test_user_data import some
from tests.runs.conftest import configured


def test_kept_and_loaded(settings, sample):
    data = some(sample)
    name = uploads.keep(settings, "  Our\ndigits\x07 ", data, "somebody")
    (found,) = uploads.all_kept(settings)
    assert found.name == name
    assert found.title == "Our digits"
    assert found.counts == data.counts
    assert found.images == 40
    assert found.visitor == "somebody"
    dataset = uploads.load(settings, name)
    np.testing.assert_array_equal(dataset.x_train, data.x)
    np.testing.assert_array_equal(dataset.y_train, data.y)
    assert (dataset.name, dataset.source.title, dataset.source.labels) == (name, "Our digits", data.labels)


def test_its_file_has_a_name_of_ours(settings, sample):
    name = uploads.keep(settings, "../../../etc/evil", some(sample))
    files = {path for path in settings.directory.rglob("*") if path.is_file()}
    assert files == {settings.directory / "data" / f"{name}.{ending}" for ending in ("npz", "json")}


def test_a_title_is_needed(settings, sample):
    with pytest.raises(DigitLabError, match="A data set needs a name"):
        uploads.keep(settings, " \n", some(sample))


@pytest.mark.parametrize("name", ["own-00000000", "../runs", "own-00000000/../x", "own-ABCDEF12", ""])
def test_what_is_not_here(settings, name):
    assert not uploads.is_here(settings, name)
    with pytest.raises(datasets.DataError, match="not here any more"):
        uploads.load(settings, name)
    uploads.delete(settings, name)


def test_a_damaged_file(settings, sample):
    name = uploads.keep(settings, "Ours", some(sample))
    (settings.directory / "data" / f"{name}.npz").write_bytes(b"damaged")
    assert uploads.all_kept(settings) == []
    with pytest.raises(datasets.DataError, match="damaged"):
        uploads.load(settings, name)


@pytest.mark.parametrize("note", [None, b"", b"{", b"[]", b"7", b"\xff"])
def test_a_damaged_file_is_still_its_owners(settings, sample, note):
    name = uploads.keep(settings, "Ours", some(sample), "somebody")
    path = settings.directory / "data" / f"{name}.npz"
    assert uploads.everything(settings)[1] == []
    assert uploads.owner(settings, name) == "somebody"
    path.write_bytes(b"damaged")
    assert uploads.everything(settings)[1] == [uploads.Damaged(name, "Ours", "somebody")]
    assert uploads.owner(settings, name) == "somebody"
    if note is not None:
        path.with_suffix(".json").write_bytes(note)
        assert uploads.everything(settings)[1] == [uploads.Damaged(name, "", "")]
        assert uploads.owner(settings, name) == ""
    uploads.delete(settings, name)
    assert list(path.parent.iterdir()) == []


def test_a_data_set_of_an_earlier_version_is_its_owners(settings, sample):
    name = uploads.keep(settings, "Ours", some(sample), "somebody")
    path = settings.directory / "data" / f"{name}.json"
    path.unlink()
    assert uploads.owner(settings, name) == "somebody"
    uploads.delete(settings, name)
    assert uploads.names(settings) == []


@pytest.mark.parametrize(
    "damage",
    [
        {"y": np.array([0, 1, 200], np.uint8)},  # a label without a class
        {"y": np.array([-1, 0, 1])},
        {"y": np.array([0.5, 1.0])},
        {"y": np.zeros((2, 2), np.uint8)},
        {"labels": np.array([])},
        {"labels": np.array(3)},
        {"created": np.array(np.nan)},
        {"created": np.array(1e300)},
        {"created": np.array([1.0, 2.0])},
        {"created": np.array("yesterday")},
    ],
    ids=str,
)
def test_one_damaged_upload_disturbs_no_other(settings, sample, damage):
    name, other = (uploads.keep(settings, title, some(sample)) for title in ("Ours", "Others"))
    path = settings.directory / "data" / f"{name}.npz"
    with np.load(path) as archive:
        arrays = dict(archive) | damage
    np.savez(path, **arrays)
    assert [one.name for one in uploads.all_kept(settings)] == [other]
    assert name not in configurations.data_choices("mlp")
    with pytest.raises(datasets.DataError, match="damaged"):
        uploads.describe(settings, name)


def test_damaged_bytes_are_a_sentence(settings, sample):
    """Wherever a byte of the file is another one, it is read, or refused with a sentence."""
    name = uploads.keep(settings, "Ours", some(sample))
    path = settings.directory / "data" / f"{name}.npz"
    for damaged in damaged_copies(path.read_bytes(), 300):
        path.write_bytes(damaged)
        for read in (uploads.load, uploads.describe, uploads.source):
            with contextlib.suppress(datasets.DataError):
                read(settings, name)


@pytest.mark.parametrize(
    "damage",
    [{"y": np.full(40, 10, np.uint8)}, {"x": np.zeros((40, 5), np.uint8)}, {"y": np.zeros(3, np.uint8)}],
)
def test_what_does_not_fit_is_not_trained_on(settings, sample, damage):
    name = uploads.keep(settings, "Ours", some(sample))
    path = settings.directory / "data" / f"{name}.npz"
    with np.load(path) as archive:
        arrays = dict(archive) | damage
    np.savez(path, **arrays)
    with pytest.raises(datasets.DataError, match="damaged"):
        uploads.load(settings, name)


def test_a_full_disk(settings, sample):
    with pytest.raises(queue.Refused, match="GB, the limit is"):
        uploads.keep(replace(settings, disk=1_000), "Ours", some(sample))
    with pytest.raises(queue.Refused, match="nearly full"):
        uploads.keep(replace(settings, reserve=10**15), "Ours", some(sample))
    assert uploads.names(settings) == []


def test_it_counts_as_disk_that_runs_take(settings, sample):
    before = disk.size(settings)
    uploads.keep(settings, "Ours", some(sample))
    assert disk.size(settings) == before + uploads.all_kept(settings)[0].size


def test_deleted_only_when_no_run_needs_it(db, settings, sample, sleepers):
    name = uploads.keep(settings, "Ours", some(sample))
    run_id = queue.start(db, settings, replace(configured("mlp"), data=name), "a")
    with pytest.raises(records.WrongState, match="stop it first"):
        uploads.delete(settings, name)
    queue.delete(db, settings, run_id)
    uploads.delete(settings, name)
    assert uploads.names(settings) == []


class TestConfigurations:
    def test_it_can_be_chosen_for_all_networks_of_its_shape(self, settings, sample):
        name = uploads.keep(settings, "Ours", some(sample))
        for network in configurations.NETWORKS:
            fits = network != "face_gan"
            assert (name in configurations.data_choices(network)) == fits
            chosen = replace(configurations.default(network), data=name)
            assert (configurations.mistakes(chosen) == ()) == fits
        assert configurations.is_here(name)
        assert configurations.source_of(name).title == "Ours"

    def test_nothing_of_the_networks_own_data_comes_along(self, settings, sample):
        name = uploads.keep(settings, "Ours", some(sample))
        row = configurations.network_of(replace(configurations.default("reader"), data=name))
        assert row.data == (name,)
        assert row.limits == ()

    def test_it_survives_an_address_until_it_is_deleted(self, settings, sample):
        name = uploads.keep(settings, "Ours", some(sample))
        chosen = replace(configurations.default("mlp"), data=name)
        query = configurations.to_query(chosen)
        assert configurations.from_query(query) == (chosen, ())
        uploads.delete(settings, name)
        usual, problems = configurations.from_query(query)
        assert usual == configurations.default("mlp")
        assert problems == ("This data set is not here any more. Choose another, or upload it again.",)
        assert configurations.mistakes(chosen) == problems
        assert not configurations.is_here(name)
