import threading

import pytest

from mnist_models.files.atomic import atomic_write


def test_a_file_is_there_once_it_is_whole(tmp_path):
    path = tmp_path / "card.json"
    with atomic_write(path) as draft:
        draft.write_text("new")
        assert not path.exists()
        assert draft.parent == tmp_path
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_exception_the_file_is_as_it_was(tmp_path):
    path = tmp_path / "card.json"
    path.write_text("old")

    def interrupted():
        with atomic_write(path) as draft:
            draft.write_text("half of a n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_many_write_the_same_file(tmp_path):
    path, problems = tmp_path / "card.json", []
    contents = [letter * 100_000 for letter in "abcdefgh"]
    together = threading.Barrier(len(contents))

    def write(content):
        try:
            for _ in range(10):
                with atomic_write(path) as draft:
                    together.wait()  # all drafts at once
                    draft.write_text(content)
                assert path.read_text() in contents
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert list(tmp_path.iterdir()) == [path]
