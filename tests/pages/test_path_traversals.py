"""Names that lead out of a folder, wherever a visitor may send one: nothing is read or written there.

Names in zips: see `test_image_folders`.
"""

import http.client
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, urlsplit

import pytest

from mnist_models.data import datasets
from mnist_models.runs import configuration as configurations
from mnist_models.runs import database, downloads, queue, records, shared_networks, uploads
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from scripts import serving
from tests import finished_runs, protocol
from tests.data.test_user_data import some

LEADING_OUT = (
    "../secret",
    "../../secret",
    "a/../../secret",
    "/secret",
    "..\\secret",
    "a\\..\\..\\secret",
    "C:\\secret",
    "\\\\server\\secret",
)
IN_ADDRESSES = (
    "../secret",
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "..\\secret",
    "%2e%2e%2fsecret",
    ".",
)
ROUTES = (
    "/browser/../app.py",
    "/browser/%2e%2e/app.py",
    "/browser/..%2fapp.py",
    "/browser/..%5capp.py",
    "/browser/generators/../../app.py",
    "/browser//etc/passwd",
    "/browser/%2fetc%2fpasswd",
    "/media/../app.py",
    "/static/../../../../../../etc/passwd",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(tmp_path_factory.mktemp("server") / "runs")


@pytest.fixture(scope="module")
def app(settings):
    """A server with a run, and a secret beside its folder."""
    with database.connect(settings) as db:
        finished_runs.create(db, settings, "mlp")
    (settings.directory.parent / "secret").write_text("the secret")
    environment = {DIRECTORY_VARIABLE: str(settings.directory), "MNIST_MODELS_WARM": "no"}
    with serving.serving(serving.ROOT / "app.py", settings.directory.parent / "log", environment) as server:
        yield server.address


def files_below(folder):
    return {
        path for path in folder.rglob("*") if path.is_file() and path.name.partition("-")[0] != "runs.sqlite3"
    }


@pytest.mark.parametrize("name", LEADING_OUT)
def test_titles_of_uploads_and_names_of_downloads(tmp_path, sample, name):
    settings = Settings(tmp_path / "runs")
    uploads.keep(settings, name, some(sample))
    assert {path.parent for path in files_below(tmp_path)} == {settings.directory / "data"}
    with database.connect(settings) as db:
        run_id = finished_runs.create(db, settings, "mlp", name=name)
        db.runs.append(run_id, [(1, 1.0, 1.0, True, {"loss": 1.0})], {})
        found = downloads.files(settings, db, db.runs.get(run_id))
    copies = [path.read_bytes() for path in files_below(settings.folder(run_id))]
    made = {"History (.csv)", "TensorBoard (.zip)"}
    assert made < {file.title for file in found}
    assert all(file.content() in copies for file in found if file.title not in made)
    for file in found:
        for kind in (PurePosixPath, PureWindowsPath):
            assert kind(file.download_as).name == file.download_as
        assert not file.download_as.startswith(".")


@pytest.mark.parametrize(
    "name", dict.fromkeys((*LEADING_OUT, *IN_ADDRESSES, "own-00000000/../../secret", "own-0000000\0"))
)
def test_names_of_data_sets(tmp_path, monkeypatch, sample, name):
    settings = Settings(tmp_path / "runs")
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(settings.directory))
    (tmp_path / "secret.npz").write_bytes(b"the secret")
    uploads.keep(settings, "Ours", some(sample))
    before = files_below(tmp_path)
    assert not uploads.is_here(settings, name)
    for read in (uploads.load, uploads.describe, uploads.source):
        with pytest.raises(datasets.DataError, match="not here any more"):
            read(settings, name)
    assert uploads.owner(settings, name) == ""
    uploads.delete(settings, name)
    assert files_below(tmp_path) == before
    configuration, problems = configurations.from_query({"network": "mlp", "data": name})
    assert configuration.data == "mnist"
    assert len(problems) == 1


@pytest.mark.parametrize("name", IN_ADDRESSES)
def test_runs_in_addresses(app, settings, name):
    before = files_below(settings.directory)
    with protocol.visiting(app) as visitor:
        for page, query in (("train", "run="), ("", "net=run-"), ("digits", "net=run-"), ("train", "data=")):
            visitor.open(page, query + quote(name, safe=""))
            assert visitor.exceptions() == []
            shown = " ".join(str(element) for element in visitor.elements)
            assert "the secret" not in shown
            assert "root:" not in shown
    assert files_below(settings.directory) == before
    assert shared_networks.adopted("Draw", settings, "somebody", f"run-{name}") == []
    with database.connect(settings) as db, pytest.raises(records.UnknownRun):
        queue.delete(db, settings, name)
    assert files_below(settings.directory) == before


@pytest.mark.parametrize("route", ROUTES)
def test_files_that_browsers_load(app, route):
    connection = http.client.HTTPConnection(urlsplit(app).netloc, timeout=20)
    connection.request("GET", route)  # as it is: urllib would tidy it up
    answer = connection.getresponse().read()
    connection.close()
    assert b"st.navigation" not in answer
    assert b"root:" not in answer
