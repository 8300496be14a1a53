from mnist_models.runs import results, store


def test_only_files_that_are_there_are_offered_under_the_run_s_name(db, settings):
    run_id = store.create(db, "{}", "a", network="mlp", data="mnist", epochs=2, name="../my best: run?")
    weights = settings.folder(run_id) / "weights"
    weights.mkdir(parents=True)
    (weights / "mlp.keras").write_bytes(b"k")
    (settings.folder(run_id) / "history.csv").write_text("epoch\n")
    files = {file.title: file for file in results.files(settings, store.get(db, run_id))}
    assert set(files) == {"Weights (.keras)", "History (.csv)"}
    assert files["Weights (.keras)"].path.read_bytes() == b"k"
    assert files["Weights (.keras)"].download_as == "my_best_run.keras"
    assert files["History (.csv)"].download_as == "my_best_run_history.csv"
