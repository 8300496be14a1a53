from playwright.sync_api import expect

from scripts import serving
from tests.browser.strokes import DIGITS, draw


def test_the_app_never_loads_a_training_library(tmp_path, browser):
    """A fresh app all of whose pages were opened lists, when it ends, the modules it has loaded."""
    modules = tmp_path / "modules"
    # Python runs a module of this name on its path at every start.
    (tmp_path / "sitecustomize.py").write_text(
        f"import atexit, pathlib, signal, sys\n"
        f"signal.signal(signal.SIGTERM, lambda *_: sys.exit())\n"  # the server ends by it, without goodbye
        f"atexit.register(lambda: pathlib.Path({str(modules)!r}).write_text(' '.join(sys.modules)))\n"
    )
    app = serving.ROOT / "app.py"
    with serving.serving(app, tmp_path / "log", {"PYTHONPATH": str(tmp_path)}) as server:
        page = browser.new_page()
        page.set_default_timeout(30_000)
        page.goto(server.address)
        draw(page, page.locator("canvas.upper-canvas"), DIGITS[7])
        expect(page.locator("h3")).to_contain_text("reads a 7", timeout=30_000)
        page.get_by_role("link", name="Reconstruct", exact=True).click()
        expect(page.get_by_text("How it works, and how good it is")).to_be_visible()
        for title in ("Digits", "Faces"):
            page.get_by_role("link", name=title, exact=True).click()
            expect(page.get_by_text("Drag a slider")).to_be_visible()
            expect(page.get_by_test_id("stExpander").or_(page.get_by_test_id("stAlert")).last).to_be_visible()
            assert page.get_by_test_id("stException").count() == 0
        page.get_by_role("link", name="Train", exact=True).click()
        expect(page.get_by_text("203,530 parameters")).to_be_visible()
        page.get_by_role("link", name="Runs", exact=True).click()
        expect(page.get_by_text("There are no runs yet")).to_be_visible()
        assert page.get_by_test_id("stException").count() == 0
        page.close()
    loaded = set(modules.read_text().split())
    assert {
        "mnist_models.serving.classifier",
        "mnist_models.serving.autoencoder",
        "mnist_models.serving.generator",
    } <= loaded
    assert {"mnist_models.runs.queue", "mnist_models.export_script"} <= loaded
    assert not {"tensorflow", "keras"} & loaded


def test_a_page_can_be_the_first_that_a_server_is_asked_for(tmp_path, browser):
    """Beside the main script, Streamlit would serve a folder named pages without that script."""
    with serving.serving(serving.ROOT / "app.py", tmp_path / "log") as server:
        page = browser.new_page()
        page.goto(f"{server.address}/faces")
        expect(page.get_by_role("link", name="Draw", exact=True)).to_be_visible(timeout=30_000)
        expect(page.get_by_text("Drag a slider")).to_be_visible()
        page.close()
