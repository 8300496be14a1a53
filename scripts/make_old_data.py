"""Make tests/old_data/old_data.tar.xz: what a server and a command line had before the package was rebuilt.

It was run once, on the code of commit c67c208, and need not run on later code: it is here to say how the
files came about. `python -m scripts.make_old_data FOLDER` trains all runs in FOLDER, which takes some
minutes, and writes FOLDER/old_data.tar.xz.

Every run goes through the queue and a worker process of its own, which write whatever they write on a server.
Only this differs, so that a few hundred kilobytes hold it all:

- A network begins with most of its units dead: weights of zero lead into them and out of them. No gradient
  ever reaches these, so that they stay zero in weights, optimizers, averages and exports, and compress.
- The archive stores zeros as holes (`tar --sparse`): unpacked, it takes 55 MB of the disk.
- Pauses come at a step of our choice, and the teacher of a generator learns in 20 steps instead of 2,800.
- What a teacher recalls of its maps is emptied, since it computes them anew.
- Names of event files lose the name of the machine, logs the folders of the program.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
LIVE = 3  # units of a layer that are not dead
LIVE_OF_TEACHER = 8  # with fewer, none of its features tells anything
ANN, BOB = "0a1b2c3d4e5f6071", "9f8e7d6c5b4a3928"  # visitors
OWN_DATA = "Shapes"
IMAGES = {"images": 64, "batch_size": 16, "seed": 5}
MLP = {"hidden": (4,), "epochs": 3, "weight_average": 0.0, "learning_rate": 0.02, **IMAGES}
DIVERGING = MLP | {"learning_rate": 10.0, "optimizer": "sgd", "l2": 0.9, "epochs": 40}
CLASSIFIER = {"epochs": 2, "weight_average": 0.0, **IMAGES}
CODE = {"epochs": 2, "latent_dim": 8, **IMAGES}
GAN = {**CODE, "weight_average": 0.9, "mixed_precision": False}
TAUGHT = GAN | {"teacher": 1.0, "clearest": 0.5, "contrast": True, "batch_size": 8}
# (name, network, visitor, how it is left, fields of the recipe that are not the usual ones)
RUNS = (
    ("mlp finished", "mlp", ANN, "finished", MLP),
    ("mlp paused", "mlp", ANN, "paused", MLP),
    ("mlp stopped", "mlp", BOB, "stopped", MLP),
    (
        "mlp failed",
        "mlp",
        BOB,
        "failed",
        MLP | {"learning_rate": 10.0, "optimizer": "sgd", "l2": 0.9, "epochs": 40},
    ),
    ("mlp interrupted", "mlp", BOB, "interrupted", MLP),
    ("cnn finished", "cnn", ANN, "finished", CLASSIFIER),
    ("cnn paused", "cnn", ANN, "paused", CLASSIFIER),
    ("strided_cnn finished", "strided_cnn", ANN, "finished", CLASSIFIER),
    ("strided_cnn paused", "strided_cnn", ANN, "paused", CLASSIFIER),
    ("autoencoder finished", "autoencoder", ANN, "finished", CODE),
    ("denoiser paused", "denoiser", ANN, "paused", CODE),
    ("vae finished", "vae", ANN, "finished", CODE | {"latent_dim": 2}),
    ("vae paused", "vae", ANN, "paused", CODE | {"latent_dim": 2}),
    ("digit_gan finished", "digit_gan", ANN, "finished", GAN),
    ("digit_gan paused", "digit_gan", ANN, "paused", GAN),
    ("tutorial_gan paused", "tutorial_gan", ANN, "paused", GAN),
    ("taught finished", "digit_gan", ANN, "finished", TAUGHT),
    ("taught paused", "digit_gan", ANN, "paused", TAUGHT),
    ("face_gan finished", "face_gan", BOB, "finished", GAN),
    ("face_gan paused", "face_gan", BOB, "paused", GAN),
    ("shapes finished", "mlp", ANN, "finished", MLP | {"images": 0}),
    ("shapes paused", "mlp", ANN, "paused", MLP | {"images": 0}),
    # Before the others that wait, which would have their turn first.
    ("denoiser waiting", "denoiser", BOB, "waiting", CODE),  # to go on from its checkpoint
    ("mlp waiting", "mlp", ANN, "waiting", MLP),
    ("strided_cnn waiting", "strided_cnn", ANN, "waiting", CLASSIFIER),
    ("vae waiting", "vae", ANN, "waiting", CODE | {"latent_dim": 2}),
    ("digit_gan waiting", "digit_gan", BOB, "waiting", GAN),
)
FROM_CHECKPOINT = "denoiser waiting"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worker", nargs=3, metavar=("SLOT", "RUN_ID", "END"))
    parser.add_argument("--train", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    os.environ.update(
        MNIST_MODELS_RUNS=str(folder / "runs"),
        MNIST_MODELS_DATA=str(folder / "images"),
        MNIST_MODELS_NICENESS="0",
        MNIST_MODELS_WARM="no",
        MNIST_MODELS_MOST_WAITING="20",
    )
    if arguments.worker:
        slot, run_id, end = arguments.worker
        work(int(slot), run_id, end)
    elif arguments.train:
        train_by_hand(arguments.train)
    else:
        make(folder)


def make(folder):
    from mnist_models.runs import database, nicknames, shared_networks
    from mnist_models.runs import settings as run_settings

    write_faces(folder / "images")
    settings = run_settings.load()
    own = keep_upload(settings)
    ids = {}
    with database.connect(settings) as db:
        for name, network, visitor, state, recipe in RUNS:
            data = own if name.startswith("shapes") else None
            ids[name] = train(db, settings, folder, configured(network, data, recipe), name, visitor, state)
        for name in ("mlp finished", "vae finished", "digit_gan finished"):
            shared_networks.adopt(db, settings, ids[name])
        nicknames.change(db, ANN, nicknames.Nickname("green", "otter"))
        (settings.directory / "settings.toml").write_text("workers = 1\nwarm = false\nmost_waiting = 20\n")
        run_settings.load()
    for name in ("taught finished", "taught paused"):
        forget_maps(settings.folder(ids[name]))
    for path in settings.directory.rglob("events.out.tfevents.*"):
        begun = path.name.split(".")[3]
        path.rename(path.with_name(f"events.out.tfevents.{begun}.server.1.0.v2"))
    for log in settings.directory.rglob("log.txt"):
        text = log.read_text().replace(str(ROOT), "/srv/digit-lab").replace(sys.prefix, "/srv/venv")
        log.write_text(text)
    (folder / "names.json").write_text(json.dumps(ids, indent=1))
    by_hand(folder)
    predicted = predict(folder, ids)
    (folder / "predicted.json").write_text(json.dumps(predicted, indent=1))
    pack(folder)


def configured(network, data, recipe):
    from mnist_models.data import datasets
    from mnist_models.runs import configuration as configurations

    usual = configurations.default(network)
    data = data or ("faces" if network == "face_gan" else datasets.SAMPLE)
    return configurations.Configuration(network, data, usual.recipe.replace(**recipe))


def train(db, settings, folder, configuration, name, visitor, state):
    """Let a run be trained by a worker process of this script, until it is as it is to be left."""
    from mnist_models.runs import database, processes, queue

    end = state
    if state == "waiting":
        end = "paused" if name == FROM_CHECKPOINT else "none"
    start = processes.start

    def start_worker(command, log, environment):
        slot, run_id = command[command.index("--slot") + 1 :]
        ours = [sys.executable, "-m", "scripts.make_old_data", folder, "--worker", slot, run_id, end]
        return start([str(part) for part in ours], log, environment)

    tend = queue.tend
    processes.start = start_worker
    if end == "none":
        queue.tend = lambda *_: None
    run_id = queue.start(db, settings, configuration, visitor, name)
    while end != "none" and database.get(db, run_id).is_active:
        time.sleep(0.2)
        queue.tend(db, settings)
    if state == "waiting" and end != "none":
        queue.tend = lambda *_: None
        queue.resume(db, settings, run_id)
    processes.start, queue.tend = start, tend
    run = database.get(db, run_id)
    print(f"{name}: {run.state} {run.reason}", flush=True)
    if state == "interrupted":
        assert (
            run.state == "failed"
        )  # by a signal, of which this process knows, while a restarted one does not
        db.execute("UPDATE runs SET state = 'interrupted', reason = ? WHERE id = ?", (queue._UNSEEN, run_id))
        return run_id
    assert run.state == state, database.log_tail(settings, run_id)
    return run_id


def work(slot, run_id, end):
    """What `python -m mnist_models worker` does, on a network most of whose units are dead."""
    import signal

    from mnist_models import worker
    from mnist_models.runs import database

    prune_networks()
    if end in ("paused", "stopped", "interrupted"):
        command = {"paused": "pause", "stopped": "stop", "interrupted": ""}[end]

        def ask(db, run_id):
            if database.get(db, run_id).epochs_done <= 1:
                return ""
            if end == "interrupted":
                os.kill(os.getpid(), signal.SIGKILL)
            return command

        worker.store.command = ask
        worker.POINTS_EVERY = 0.0
    if end == "interrupted":
        os.environ["MNIST_MODELS_CHECKPOINT_SECONDS"] = "0"
    worker.work(slot, run_id)


def train_by_hand(arguments):
    """`python -m mnist_models ...` with dead units."""
    from mnist_models import cli

    prune_networks()
    sys.exit(cli.main(arguments))


def by_hand(folder):
    """Trainings on the command line."""
    options = ["--images", "64", "--batch-size", "16", "--epochs", "2", "--output", "trained"]
    for network, more in (("mlp", ["--hidden", "4", "--run", "trained/mlp.run"]), ("autoencoder", [])):
        command = [sys.executable, "-m", "scripts.make_old_data", str(folder), "--train", "train", network]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run([*command, *options, *more], check=True, cwd=folder, env=environment)


def predict(folder, ids):
    """What every classifier reads in a picture of a seven: dict from a run's name to (digit, percent)."""
    from PIL import Image, ImageDraw

    seven = folder / "images" / "seven.png"
    image = Image.new("L", (56, 56), 255)
    ImageDraw.Draw(image).line([(14, 12), (42, 12), (24, 46)], 0, 5)
    image.save(seven)
    read = {}
    for name in ("mlp finished", "mlp stopped", "cnn finished", "strided_cnn finished"):
        weights = folder / "runs" / "runs" / ids[name] / "weights"
        command = [
            sys.executable,
            "-m",
            "mnist_models",
            "predict",
            name.split()[0],
            "--weights",
            weights,
            seven,
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        digit, percent = said.rpartition(": ")[2].split()[:2]
        read[name] = int(digit), float(percent.rstrip("%"))
    return read


def prune_networks():
    from mnist_models.networks import strided_cnn, teacher
    from mnist_models.training import gan_loop, keras_loop, teaching

    teaching.STEPS = 20
    builders = {module: module.build for module in (gan_loop, keras_loop)}

    def pruned(module):
        def build(network, recipe):
            built = builders[module](network, recipe)
            for model in built if isinstance(built, tuple) else (built,):
                prune(model)
            return built

        return build

    for module in builders:
        module.build = pruned(module)
    build_teacher = teacher.build

    def pruned_teacher():
        model = build_teacher()
        prune(model, LIVE_OF_TEACHER)
        return model

    teacher.build = pruned_teacher
    variables = strided_cnn.variables
    strided_cnn.variables = lambda *arguments, **options: prune_raw(variables(*arguments, **options))


def prune(model, units=LIVE):
    """Leave some units of every layer whose output goes into another, or channels of a convolution."""
    from keras import layers

    weighted = [layer for layer in model.layers if hasattr(layer, "kernel")]
    sources = {layer: source_of(layer) for layer in weighted}
    live = {}
    for layer in weighted:
        channels = layer.output.shape[-1]
        for other in model.layers:
            if isinstance(other, layers.Reshape) and source_of(other) is layer:
                channels = other.output.shape[-1]
        live[layer] = np.arange(layer.output.shape[-1]) % channels < units
        if layer not in sources.values():
            live[layer][:] = True
        source = sources[layer]
        is_transposed = isinstance(layer, layers.Conv2DTranspose)
        kernel = layer.kernel.numpy()
        # What lies between reshapes: places of a channel after each other, all alike.
        inputs = np.resize(live[source] if source else True, kernel.shape[-1 if is_transposed else -2])
        mask = np.outer(inputs, live[layer])
        layer.kernel.assign(np.where(mask.T if is_transposed else mask, kernel, 0))  # without zeros of -0


def source_of(layer):
    """The layer with weights whose output, reshaped or pooled, a layer gets; None for the first."""
    while True:
        layer = layer.input._keras_history.operation
        if hasattr(layer, "kernel"):
            return layer
        if not layer._inbound_nodes or not layer._inbound_nodes[0].input_tensors:
            return None


def prune_raw(parameters):
    inputs = np.ones(1, bool)
    for name in ("conv1", "conv2", "conv3", "dense", "output"):
        kernel = parameters[f"{name}/kernel"]
        outputs = np.arange(kernel.shape[-1]) < LIVE
        if name == "dense":
            inputs = np.tile(inputs, 7 * 7)
        if name == "output":
            outputs[:] = True
        kernel.assign(np.where(np.outer(inputs, outputs), kernel.numpy(), 0))
        inputs = outputs
    return parameters


def forget_maps(folder):
    """Empty what a teacher computes anew in every sixteenth step: 375 kB that nothing compresses."""
    for path in folder.glob("checkpoint-*.npz"):
        with np.load(path) as archive:
            arrays = dict(archive)
        arrays["memories/005"][:] = 0
        np.savez(path, **arrays)


def write_faces(folder):
    """Twenty pictures that pass for photographs of faces: discs of several colours."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[:64, :64]
    disc = ((y - 32) ** 2 + (x - 32) ** 2 < 24**2)[..., None]
    colours = np.random.default_rng(0).integers(60, 255, (80, 1, 1, 3))
    np.savez_compressed(folder / "faces.npz", x_train=(disc * colours).astype(np.uint8), age=np.arange(80))


def keep_upload(settings):
    """An upload of Ann's: crosses and squares."""
    from mnist_models.data import user_data
    from mnist_models.runs import uploads

    rng = np.random.default_rng(0)
    x = np.zeros((24, 28, 28), np.uint8)
    y = np.arange(24, dtype=np.uint8) % 2
    for image, label in zip(x, y, strict=True):
        top, left = rng.integers(4, 8, 2)
        side = int(rng.integers(12, 17))
        part = image[top : top + side, left : left + side]
        if label:
            part[:2], part[-2:], part[:, :2], part[:, -2:] = 255, 255, 255, 255
        else:
            part[np.arange(side), np.arange(side)] = part[np.arange(side), np.arange(side)[::-1]] = 255
    return uploads.keep(settings, OWN_DATA, user_data.make(x, y, ("cross", "square")), ANN)


def pack(folder):
    packed, archive = folder / "packed", folder / "old_data.tar.xz"
    packed.mkdir()
    parts = ["names.json", "predicted.json", "runs", "trained", "images"]
    places = [folder / part for part in parts]
    subprocess.run(["cp", "--archive", "--sparse=always", *places, packed], check=True)
    command = ["tar", "--create", "--sparse", "--sort=name", "--owner=0", "--group=0", "--directory", packed]
    with open(folder / "old_data.tar", "wb") as file:
        subprocess.run([*command, *parts], check=True, stdout=file)
    with open(archive, "wb") as file:
        subprocess.run(["xz", "-9", "--stdout", folder / "old_data.tar"], check=True, stdout=file)
    print(f"{archive.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
