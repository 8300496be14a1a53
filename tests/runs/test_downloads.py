import io
import zipfile

from mnist_models.runs import database, downloads


def test_only_files_that_are_there_are_offered_under_the_run_s_name(db, settings):
    run_id = database.create(db, "{}", "a", network="mlp", data="mnist", epochs=2, name="../my best: run?")
    weights = settings.folder(run_id) / "weights"
    weights.mkdir(parents=True)
    (weights / "mlp.keras").write_bytes(b"k")
    (settings.folder(run_id) / "history.csv").write_text("epoch\n")
    files = {file.title: file for file in downloads.files(settings, database.get(db, run_id))}
    assert set(files) == {"Weights (.keras)", "History (.csv)"}
    assert files["Weights (.keras)"].path.read_bytes() == b"k"
    assert files["Weights (.keras)"].download_as == "my_best_run.keras"
    assert files["History (.csv)"].download_as == "my_best_run_history.csv"


def test_tensorboard_files_are_a_zip_without_the_server_s_name(db, settings):
    run_id = database.create(db, "{}", "a", network="mlp", data="mnist", epochs=2, name="my run")
    events = settings.folder(run_id) / "tensorboard"
    events.mkdir(parents=True)
    (events / "events.out.tfevents.1700000000.the-machine").write_bytes(b"one")
    (events / "events.out.tfevents.1700000001.run").write_bytes(b"two")
    (file,) = downloads.files(settings, database.get(db, run_id))
    assert file.title == "TensorBoard (.zip)"
    assert file.download_as == "my_run_tensorboard.zip"
    assert file.hint
    with zipfile.ZipFile(io.BytesIO(file.content())) as archive:
        names = archive.namelist()
        assert [archive.read(name) for name in names] == [b"one", b"two"]
    assert all(name.startswith("my_run_tensorboard/events.out.tfevents.17") for name in names)
    assert "the-machine" not in " ".join(names)


def test_weights_come_with_a_line_on_how_to_use_them(db, settings):
    run_id = database.create(db, "{}", "a", network="digit_gan", data="mnist", epochs=2)
    weights = settings.folder(run_id) / "weights"
    weights.mkdir(parents=True)
    for ending in (".keras", ".onnx"):
        (weights / f"digit_gan{ending}").write_bytes(b"k")
    hints = {file.title: file.hint for file in downloads.files(settings, database.get(db, run_id))}
    assert 'load_model("Digit_GAN_1.keras").get_layer("generator")' in hints["Weights (.keras)"]
    assert hints["Network (.onnx)"] == ""
