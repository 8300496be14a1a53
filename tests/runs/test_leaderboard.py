from mnist_models.runs import leaderboard


def create(db, network, data="mnist", **figures):
    run_id = db.runs.create("{}", "a", network=network, data=data, epochs=2)
    db.runs.append(run_id, [(10, 1.0, 61.0, True, figures)], figures)
    return run_id


def board(db, title):
    boards = leaderboard.boards(db.runs.all())
    (found,) = [runs for name, runs in boards.items() if name.startswith(title)]
    return [run.id for run in found]


def test_every_kind_and_data_set_has_its_board(db):
    for network, data in (("mlp", "mnist"), ("cnn", "mnist"), ("mlp", "fashion_mnist"), ("vae", "mnist")):
        create(db, network, data)
    sizes = {title: len(runs) for title, runs in leaderboard.boards(db.runs.all()).items()}
    assert sorted(sizes.values()) == [1, 1, 2]
    assert len(board(db, "Autoencoders")) == 1


def test_data_sets_that_were_deleted_have_boards_of_their_own(db):
    for data in ("own-00000001", "own-00000002", "own-00000001"):
        create(db, "mlp", data)
    boards = leaderboard.boards(db.runs.all())
    assert sorted(boards) == ["Classifiers, Deleted data", "Classifiers, Deleted data (2)"]
    assert all(len({run.data for run in runs}) == 1 for runs in boards.values())


def test_the_most_accurate_classifier_leads_and_one_without_a_figure_comes_last(db):
    worse = create(db, "mlp", best_val_accuracy=0.9)
    best = create(db, "cnn", best_val_accuracy=0.98)
    none = create(db, "mlp")
    assert board(db, "Classifiers") == [best, worse, none]


def test_the_smallest_error_leads_autoencoders(db):
    worse = create(db, "autoencoder", val_error=0.02)
    best = create(db, "vae", val_error=0.01)
    assert board(db, "Autoencoders") == [best, worse]


def test_generators_are_not_ranked_by_a_figure_that_says_nothing(db):
    older = create(db, "digit_gan", diversity=0.2)
    newer = create(db, "digit_gan", diversity=0.1)
    assert set(board(db, "GANs")) == {older, newer}
    assert leaderboard.merit(db.runs.get(older)) == ""


def test_a_column_says_what_generators_are_ordered_by(db):
    ids = [create(db, "digit_gan", diversity=0.2), create(db, "digit_gan")]
    table = leaderboard.rows(db, [db.runs.get(run_id) for run_id in ids])
    assert [row["ranked by"] for row in table] == ["start, newest first"] * 2
    assert [row["diversity"] for row in table] == [0.2, None]
    assert "no figure" in leaderboard.order("digit_gan")
    assert leaderboard.order("mlp") == "Ordered by validation accuracy, the highest first."
    assert leaderboard.order("vae") == "Ordered by validation error, the lowest first."


def test_a_row_says_what_people_compare(db):
    run_id = create(db, "mlp", best_val_accuracy=0.9725)
    (row,) = leaderboard.rows(db, [db.runs.get(run_id)])
    assert row["validation accuracy, %"] == 97.25
    assert row["training time"] == "1 min 1 s"
    assert row["network"] == "Feed-forward net"
    assert leaderboard.merit(db.runs.get(run_id)) == "97.25 %"
