import csv
import io
import zipfile

import pytest
import tensorflow as tf

from mnist_models.runs import downloads


def create(db, **columns):
    columns = {"network": "mlp", "data": "mnist", "epochs": 2} | columns
    return db.runs.create("{}", "a", **columns)


def offered(db, settings, run_id):
    return {file.title: file for file in downloads.files(settings, db, db.runs.get(run_id))}


def measured(db, name="my run"):
    """A run with three points, the last of them of a whole epoch; its id."""
    run_id = create(db, name=name)
    points = [
        (4, 0.4, 1.0, False, {"loss": 3.0}),
        (10, 1.0, 2.0, False, {"loss": float("nan")}),
        (10, 1.0, 2.125, True, {"loss": 2.0, "val_loss": 2.5}),
    ]
    db.runs.append(run_id, points, {})
    return run_id


def test_only_what_is_there_is_offered_under_the_run_s_name(db, settings):
    run_id = create(db, name="../my best: run?")
    weights = settings.folder(run_id) / "weights"
    weights.mkdir(parents=True)
    (weights / "mlp.keras").write_bytes(b"k")
    files = offered(db, settings, run_id)
    assert set(files) == {"Weights (.keras)"}
    assert files["Weights (.keras)"].content() == b"k"
    assert files["Weights (.keras)"].download_as == "my_best_run.keras"


def test_a_network_of_another_version_is_downloaded_all_the_same(db, settings):
    run_id = create(db, network="a network of another version", name="a")
    weights = settings.folder(run_id) / "weights"
    weights.mkdir(parents=True)
    (weights / "a network of another version.keras").write_bytes(b"k")
    assert set(offered(db, settings, run_id)) == {"Weights (.keras)"}


def test_the_history_has_a_line_an_epoch(db, settings, monkeypatch):
    run_id = measured(db)
    monkeypatch.setattr(downloads, "_AT_ONCE", 1)  # of long runs it takes several turns
    file = offered(db, settings, run_id)["History (.csv)"]
    assert file.download_as == "my_run_history.csv"
    assert list(csv.reader(io.StringIO(file.content().decode()))) == [
        ["epoch", "step", "seconds", "loss", "val_loss"],
        ["1", "10", "2.12", "2.0", "2.5"],
    ]


def test_a_run_without_a_whole_epoch_has_no_history(db, settings):
    run_id = create(db)
    db.runs.append(run_id, [(4, 0.4, 1.0, False, {"loss": 3.0})], {})
    assert set(offered(db, settings, run_id)) == {"TensorBoard (.zip)"}


def test_tensorboard_files_hold_every_metric_and_not_the_server_s_name(db, settings, tmp_path):
    file = offered(db, settings, measured(db))["TensorBoard (.zip)"]
    assert file.download_as == "my_run_tensorboard.zip"
    assert file.hint
    with zipfile.ZipFile(io.BytesIO(file.content())) as archive:
        (name,) = archive.namelist()
        assert name.startswith("my_run_tensorboard/events.out.tfevents.")
        assert name.endswith(".run")
        archive.extractall(tmp_path)
    found, moments = {}, []
    for record in tf.data.TFRecordDataset(str(tmp_path / name)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        moments.append(event.wall_time)
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    assert [moment - moments[0] for moment in moments] == pytest.approx([0.0, 0.0, 1.0, 1.125], abs=1e-3)
    assert found == {
        "steps/loss": [(4, 3.0), (10, pytest.approx(float("nan"), nan_ok=True))],
        "epochs/loss": [(10, 2.0)],
        "epochs/val_loss": [(10, 2.5)],
    }


def test_weights_come_with_a_line_on_how_to_use_them(db, settings):
    run_id = create(db, network="digit_gan")
    weights = settings.folder(run_id) / "weights"
    weights.mkdir(parents=True)
    for ending in (".keras", ".onnx"):
        (weights / f"digit_gan{ending}").write_bytes(b"k")
    hints = {title: file.hint for title, file in offered(db, settings, run_id).items()}
    assert 'load_model("Digit_GAN_1.keras").get_layer("generator")' in hints["Weights (.keras)"]
    assert hints["Network (.onnx)"] == ""
