import pytest

from mnist_models import visitors


def cookie(token, mask):
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(token))
    return f"2|{mask.hex()}|{masked.hex()}|1795350430"


def test_one_browser_keeps_its_name_under_another_mask():
    names = {visitors.name(cookie(b"sixteen letters!", mask)) for mask in (b"\0abc", b"wxyz")}
    assert len(names) == 1
    assert visitors.name(cookie(b"another browser!", b"wxyz")) not in names


@pytest.mark.parametrize("value", [None, "", "2|zz|00|1", "1|00|00|1", "2|||1", "anything"])
def test_without_its_cookie_a_browser_gets_a_new_name(value):
    assert visitors.name(value) != visitors.name(value)
