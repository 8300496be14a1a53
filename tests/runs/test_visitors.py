import pytest

from mnist_models.runs import visitors


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


def test_visitors_without_a_cookie_are_limited_together_with_their_address():
    one, other = visitors.name(None, "198.51.100.7"), visitors.name(None, "198.51.100.7")
    assert one != other
    assert visitors.group(one) == visitors.group(other) != visitors.group(visitors.name(None, "198.51.100.8"))
    pupil = visitors.name(cookie(b"sixteen letters!", b"wxyz"), "198.51.100.7")
    assert visitors.group(pupil) == pupil != visitors.group(one)


def test_an_address_of_ipv6_stands_for_its_network():
    first, second, third = (visitors.name(None, f"2001:db8:0:{net}::9") for net in ("1", "1:5", "2"))
    assert visitors.group(first) == visitors.group(second) != visitors.group(third)


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("198.51.100.7", [], [], "198.51.100.7"),
        (None, [], [], "127.0.0.1"),
        ("198.51.100.7", ["203.0.113.9"], [], "198.51.100.7"),
        ("203.0.113.9", ["203.0.113.9"], [], "127.0.0.1"),  # the web server believed the header
        ("203.0.113.9", ["203.0.113.9"], ["127.0.0.1/32"], "203.0.113.9"),
        ("203.0.113.9", ["203.0.113.9"], ["::1/128"], "203.0.113.9"),
        ("10.1.0.2", ["192.0.2.66, 203.0.113.9"], ["10.1.0.0/16"], "203.0.113.9"),
        ("10.1.0.2", ["192.0.2.66", "203.0.113.9, 10.1.0.3"], ["10.1.0.0/16"], "203.0.113.9"),
        ("10.1.0.2", ["203.0.113.9:5122"], ["10.1.0.2/32"], "203.0.113.9"),
        ("10.1.0.2", ["[2001:db8::1]:99"], ["10.1.0.2/32"], "2001:db8::1"),
        ("10.1.0.2", ["nonsense"], ["10.1.0.2/32"], "nonsense"),
        ("10.1.0.2", [], ["10.1.0.2/32"], "10.1.0.2"),
        ("::ffff:10.1.0.2", ["203.0.113.9"], ["10.1.0.2/32"], "203.0.113.9"),
    ],
)
def test_a_forwarded_address_is_believed_only_from_a_named_proxy(peer, forwarded, proxies, address):
    assert visitors.address(peer, forwarded, proxies) == address


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "own"),
    [
        (None, "lab.example:8501", (), True),
        ("http://lab.example:8501", "lab.example:8501", (), True),
        ("http://lab.example:8502", "lab.example:8501", (), False),
        ("https://evil.example", "lab.example", (), False),
        ("null", "lab.example", (), False),
        ("https://lab.example", "localhost:8501", ["https://lab.example"], True),
    ],
)
def test_pages_of_this_app_are_known_by_their_origin(origin, host, allowed, own):
    assert visitors.is_of_this_page(origin, host, allowed) == own
