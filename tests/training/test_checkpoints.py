import numpy as np
import pytest

from mnist_models.training import checkpoints


def save(folder, step):
    checkpoints.save(folder, step, {"a": [np.full(3, step), np.array(1.5)], "b": [np.eye(2)]}, {"step": step})


def test_what_was_saved_comes_back(tmp_path):
    save(tmp_path, 7)
    groups, note, skipped = checkpoints.load(tmp_path)
    np.testing.assert_array_equal(groups["a"][0], [7, 7, 7])
    assert groups["a"][1] == 1.5
    np.testing.assert_array_equal(groups["b"][0], np.eye(2))
    assert note == {"step": 7}
    assert skipped == []


def test_the_last_two_are_kept(tmp_path):
    for step in (9, 10, 100):  # by number, not by name or time
        save(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint-000000010.npz",
        "checkpoint-000000100.npz",
    ]


def test_a_crash_while_writing_leaves_the_one_before(tmp_path, monkeypatch):
    save(tmp_path, 1)

    def crash(file, **arrays):
        file.write(b"PK half a file")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", crash)
    with pytest.raises(OSError, match="no space"):
        save(tmp_path, 2)
    monkeypatch.undo()
    _, note, skipped = checkpoints.load(tmp_path)
    assert note == {"step": 1}
    assert skipped == []


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped"])
def test_a_damaged_file_is_passed_over(tmp_path, damage):
    save(tmp_path, 1)
    save(tmp_path, 2)
    path = tmp_path / "checkpoint-000000002.npz"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = b""
    else:
        place = content.index(np.eye(2).tobytes())
        content[place] ^= 0xFF
    path.write_bytes(content)
    _, note, skipped = checkpoints.load(tmp_path)
    assert note == {"step": 1}
    assert skipped == [path]


def test_only_damaged_files_are_named(tmp_path):
    (tmp_path / "checkpoint-000000001.npz").write_bytes(b"nothing")
    with pytest.raises(checkpoints.NoCheckpoint, match=r"only damaged ones: checkpoint-000000001\.npz"):
        checkpoints.load(tmp_path)


def test_what_a_kill_left_half_written_makes_room(tmp_path):
    left = tmp_path / ".checkpoint-000000003.npz.0badcafe.draft"
    left.write_bytes(b"half of a checkpoint")
    checkpoints.save(tmp_path, 4, {"a": [np.zeros(3)]}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000000004.npz"]
