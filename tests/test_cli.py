import errno
import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mnist_models import catalog, cli, weights
from mnist_models.runs import uploads
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from mnist_models.training import export, folders
from tests.data.test_kaggle_csv import test_csv, train_csv


def run(capsys, *arguments):
    status = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def command(*arguments):
    return [sys.executable, "-m", "mnist_models", *map(str, arguments)]


def test_list_shows_every_network_with_its_figures(capsys):
    status, out, _ = run(capsys, "list")
    assert status == 0
    for name in catalog.CLASSIFIERS:
        card = weights.read(name)
        (line,) = (line for line in out.splitlines() if line.startswith(f"{name} "))
        assert f"{card['parameters']:,}" in line
        assert f"{card['test']['accuracy']:.2%}" in line


def test_a_reader_that_has_had_enough_ends_it_quietly():
    process = subprocess.Popen(
        command("list"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1


def test_list_says_what_is_not_trained(capsys, tmp_path):
    _, out, _ = run(capsys, "list", "--weights", tmp_path)
    assert out.count("not trained") == len(catalog.NETWORKS)


def test_data_says_what_is_missing_and_how_to_get_it(capsys):
    status, out, _ = run(capsys, "data")
    assert status == 0
    assert "embedded sample" in out
    assert "data fetch strokes" in out


def test_evaluate_prints_accuracy_precision_recall_and_confusion(capsys):
    status, out, _ = run(capsys, "evaluate", "cnn")
    assert status == 0
    assert "2,000 held-out digits" in out
    assert "accuracy 9" in out
    assert "precision  recall" in out
    matrix = [line.split() for line in out.splitlines()[-10:]]
    assert sum(int(count) for row in matrix for count in row[1:]) == 2_000


def test_figures_of_the_sample_do_not_get_into_a_card(capsys):
    before = weights.read("cnn")
    status, _, err = run(capsys, "evaluate", "cnn", "--save")
    assert status == 1
    assert "fetch MNIST" in err
    assert weights.read("cnn") == before


def test_predict_reads_files_and_names_those_it_cannot(capsys, tmp_path, sample):
    paths = []
    for index in range(3):
        paths.append(tmp_path / f"{index}.png")
        large = Image.fromarray(255 - sample.x_test[index]).resize((200, 200))
        large.save(paths[-1])
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    status, out, err = run(capsys, "predict", "reader", *paths, broken, tmp_path / "absent.png")
    assert status == 1
    read = [int(line.split(": ")[1].split()[0]) for line in out.splitlines()]
    np.testing.assert_array_equal(read, sample.y_test[:3])
    assert "broken.png: This file cannot be opened" in err
    assert "absent.png: No such file" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "nope"], "There is no network 'nope'"),
        (["evaluate", "nope"], "There is no network 'nope'"),
        (["train", "cnn", "--hidden", "64"], "--hidden is not a setting of cnn"),
        (["train", "cnn", "--epochs", "0"], "Epochs must be from 1 to 1,000, not 0."),
        (
            ["train", "cnn", "--images", "64"],
            "Training images must be 0 (all) or at least a batch (128), not 64.",
        ),
        (["train", "vae", "--kl-weight", "0"], "Weight of the divergence must be from 0.001 to 100, not 0."),
        (["train", "cnn", "--resume"], "no checkpoint to go on from"),
        (["train", "age_judge", "--resume"], "--resume cannot be used with age_judge"),
        (["train", "age_judge", "--start-from", "x"], "--start-from cannot be used with age_judge"),
        (["predict", "face_gan", "x.png"], "face_gan reads no digits"),
        (["gif", "digit_gan", "--run", "/nonexistent"], "There are no pictures in /nonexistent"),
        (["train", "cnn", "--data", "/nonexistent"], "There is no folder /nonexistent"),
        (["directions", "cnn"], "Only generators have directions: digit_gan"),
        (["directions", "digit_gan", "--weights", "/nonexistent"], "digit_gan is not trained yet"),
        (["evaluate", "cnn", "--weights", "/nonexistent"], "Train it with: python -m mnist_models train cnn"),
        (["evaluate", "fashion_cnn"], "Get it with: python -m mnist_models data fetch fashion_mnist"),
        (["data", "fetch", "nope"], "There is no data set 'nope'"),
    ],
)
def test_a_mistake_gets_one_sentence(capsys, arguments, sentence):
    status, out, err = run(capsys, *arguments)
    assert status == 1
    assert not out
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "mlp", "--epochs", "-1"],
        ["train", "mlp", "--learning-rate", "-1"],
        ["train", "mlp", "--dropout", "1"],
        ["train", "mlp", "--hidden", "12,x"],
        ["train", "mlp", "--log-every", "0"],
        ["predict", "reader"],
        ["predict", "reader", "--nope", "x.png"],
        ["data", "nope"],
        ["data", "add"],
        ["nope"],
        [],
    ],
)
def test_impossible_options_are_refused(capsys, arguments):
    assert cli.main(arguments) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["train", "mlp", "--patience", "-3"],
            "argument --patience: Patience must be from 0 to 1,000, not -3.",
        ),
        (["train", "mlp", "--patience", "few"], "argument --patience: must be a whole number, not 'few'"),
        (["train", "mlp", "--epochs", "2.5"], "argument --epochs: must be a whole number, not '2.5'"),
        (["train", "mlp", "--batch-size", "x"], "argument --batch-size: must be a whole number, not 'x'"),
        (["train", "mlp", "--learning-rate", "x"], "argument --learning-rate: must be a number, not 'x'"),
        (["train", "mlp", "--dropout", "x"], "argument --dropout: must be a number, not 'x'"),
        (
            ["train", "mlp", "--hidden", "12,x"],
            "argument --hidden: must be whole numbers with commas between them",
        ),
        (["train", "mlp", "--seed", "x"], "argument --seed: must be a whole number, not 'x'"),
        (["train", "mlp", "--l2", "-1"], "argument --l2: L2 penalty must be from 0 to 1, not -1."),
    ],
)
def test_an_options_mistake_is_said_in_the_persons_words(capsys, arguments, said):
    assert cli.main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("network", ["mlp", "vae", "digit_gan"])
def test_an_output_that_is_no_folder_is_refused_before_the_training(capsys, tmp_path, network):
    file = tmp_path / "file"
    file.write_text("something")
    for output in (file, file / "x"):
        status, out, err = run(capsys, "train", network, "--output", output, "--run", tmp_path / "run")
        assert (status, out) == (1, "")
        assert err == f"--output {output}: {file} is not a folder.\n"
    status, _, err = run(capsys, "train", network, "--output", tmp_path, "--run", file)
    assert err == f"--run {file}: {file} is not a folder.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_gif_that_cannot_be_written_gets_a_sentence(capsys, tmp_path):
    pictures = tmp_path / "run" / "pictures"
    pictures.mkdir(parents=True)
    Image.new("L", (8, 8)).save(pictures / "000000001.png")
    file = tmp_path / "file"
    file.write_text("")
    for output, said in ((file / "x.gif", "Not a directory"), (tmp_path, "is a folder, not a file")):
        status, _, err = run(capsys, "gif", "digit_gan", "--run", tmp_path / "run", "--output", output)
        assert status == 1
        assert str(output) in err
        assert said in err
        assert len(err.splitlines()) == 1
    assert run(capsys, "gif", "digit_gan", "--run", tmp_path / "run", "--output", tmp_path / "x")[0] == 0


def test_what_was_learned_is_kept_when_the_output_vanishes(capsys, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(export, "save_classifier", full)
    few = ["--quick", "--hidden", "8", "--images", "640", "--epochs", "1"]
    places = ["--output", tmp_path / "output", "--run", tmp_path / "run"]
    status, _, err = run(capsys, "train", "mlp", *few, *places)
    assert status == 1
    assert "No space left on device" in err
    assert f"What was learned is in {tmp_path / 'run' / 'mlp.keras'}." in err
    assert (tmp_path / "run" / "mlp.keras").stat().st_size > 0


def test_two_trainings_do_not_share_a_folder(capsys, tmp_path):
    with folders.held(tmp_path, "mlp"):
        status, _, err = run(capsys, "train", "mlp", "--quick", "--output", tmp_path)
    assert status == 1
    assert "Another training writes to" in err


def test_control_c_is_heeded_while_tensorflow_is_imported(tmp_path):
    arguments = command("train", "mlp", "--epochs", "1000", "--patience", "0", "--output", tmp_path)
    # As TensorFlow does at some places, with a word that tells when.
    (tmp_path / "keras.py").write_text(
        "import time\nprint('importing', flush=True)\n"
        "while True:\n    try:\n        time.sleep(0.1)\n    except BaseException:\n        pass\n"
    )
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": f"{tmp_path}{os.pathsep}."}
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped." in err


def test_train_takes_every_hyperparameter_and_reports(tmp_path):
    options = "--epochs 2 --batch-size 50 --learning-rate 0.01 --optimizer nadam --hidden 32,16 "
    options += "--activation gelu --dropout 0.1 --patience 3 --log-every 1 --seed 5"
    done = subprocess.run(
        command("train", "mlp", "--output", tmp_path, *options.split()),
        capture_output=True,
        text=True,
        check=True,
    )
    recipe = weights.read("mlp", tmp_path)["recipe"]
    assert recipe["hidden"] == [32, 16]
    assert (recipe["batch_size"], recipe["learning_rate"], recipe["optimizer"]) == (50, 0.01, "nadam")
    assert (recipe["activation"], recipe["dropout"], recipe["patience"]) == ("gelu", 0.1, 3)
    assert "epoch 1:" in done.stdout + done.stderr
    assert "images/s" in done.stderr
    assert "Validation accuracy" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"mlp.json", "mlp.keras", "mlp.onnx"}


def test_control_c_keeps_the_best_weights_so_far(tmp_path):
    arguments = command("train", "mlp", "--epochs", "1000", "--patience", "0", "--output", tmp_path)
    arguments += ["--log-every", "1"]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    for line in process.stdout:
        if "epoch 2:" in line:
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "Stopped. Keeping the weights of epoch" in out
    card = json.loads((tmp_path / "mlp.json").read_text())
    assert card["interrupted"]
    assert 1 <= card["best_epoch"] < 1000
    assert weights.checked_file("mlp", "mlp.onnx", tmp_path)


def test_a_classifier_goes_on_with_resume(capsys, tmp_path):
    folders = ["--run", tmp_path / "run", "--output", tmp_path]
    few = ["--quick", "--hidden", "8", "--images", "640", "--epochs", "1"]
    assert run(capsys, "train", "mlp", *few, *folders)[0] == 0
    assert run(capsys, "train", "mlp", "--resume", "--epochs", "2", *folders)[0] == 0
    card = weights.read("mlp", tmp_path)
    assert card["epochs_trained"] == 3
    assert card["recipe"]["hidden"] == [8]
    status, _, err = run(capsys, "train", "mlp", "--resume", "--hidden", "16", *folders)
    assert status == 1
    assert "keeps its recipe" in err


class TestKaggle:
    @pytest.fixture
    def files(self, sample, tmp_path):
        """Paths of train.csv, test.csv and submission.csv, with a few of the embedded digits."""
        (tmp_path / "train.csv").write_bytes(train_csv(sample.x_train[:700], sample.y_train[:700]))
        (tmp_path / "test.csv").write_bytes(test_csv(sample.x_test[:90]))
        return [tmp_path / f"{name}.csv" for name in ("train", "test", "submission")]

    def test_from_the_files_to_a_submission(self, capsys, sample, files, tmp_path):
        options = ["--network", "mlp", "--quick", "--epochs", "8", "--output", tmp_path / "trained"]
        status, out, err = run(capsys, "kaggle", *files, *options)
        assert status == 0, err
        accuracy = float(re.search(r"Validation accuracy ([\d.]+)% of 7\d images", out)[1])
        assert accuracy > 50
        lines = files[2].read_text().splitlines()
        assert lines[0] == "ImageId,Label"
        assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 91)]
        labels = np.array([int(line.split(",")[1]) for line in lines[1:]])
        assert (labels == sample.y_test[:90]).mean() > 0.5
        assert not list(tmp_path.glob("*.new"))
        card = weights.read("mlp", tmp_path / "trained")
        assert card["data"]["titles"] == ["train.csv"]

    def test_what_is_wrong_is_said_before_the_training(self, capsys, files, tmp_path):
        train, test, submission = files
        for arguments, sentence in (
            ((train, train, submission), f"{train}: This file has a column 'label'"),
            ((test, test, submission), f"{test}: This file has no column 'label'"),
            ((train, tmp_path / "none.csv", submission), "none.csv: No such file"),
            ((train, test, tmp_path / "nowhere" / "submission.csv"), "There is no folder"),
            ((train, test, submission, "--network", "vae"), "vae names no classes"),
        ):
            status, _, err = run(capsys, "kaggle", *arguments)
            assert status == 1
            assert sentence in err
            assert len(err.splitlines()) == 1
        assert not submission.exists()


def test_a_folder_becomes_data_of_ones_own(capsys, sample, tmp_path, monkeypatch):
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "runs"))
    for number in range(8):
        path = tmp_path / "shapes" / ("round" if number % 2 else "straight") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sample.x_train[number]).save(path)
    status, out, _ = run(capsys, "data", "add", "own", tmp_path / "shapes")
    assert status == 0
    assert "8 images (round 4, straight 4)" in out
    (found,) = uploads.all_kept(Settings.load())
    assert found.title == "shapes"
    assert found.name in out
    status, _, err = run(capsys, "data", "add", "own", tmp_path / "nothing.zip")
    assert status == 1
    assert "nothing.zip: No such file" in err
