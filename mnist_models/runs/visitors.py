"""Who is here: the same name for everything that one browser asks for."""

import hashlib
import ipaddress
import secrets
from urllib.parse import urlsplit

_OWN_MACHINE = "127.0.0.1"
_SALT = secrets.token_bytes(16)  # so that a name never gives an address away


def name(cookie, address=_OWN_MACHINE):
    """A visitor's name; it says nothing of the person.

    Args:
        cookie: the value of the cookie against forged requests that the web server gives every browser,
            or None. Its form is Tornado's, version 2: "2|MASK|MASKED TOKEN|TIME", hexadecimal. The
            mask is another one with every answer, the token below it stays.
        address: as from `address`, for visitors without a cookie.

    Returns:
        str. Without a cookie of that form it is a new one every time, "GROUP.NAME": the group is that of
        everybody without a cookie at this address, see `group`.
    """
    try:
        version, mask, masked, _ = (cookie or "").split("|")
        mask, masked = bytes.fromhex(mask), bytes.fromhex(masked)
        if version != "2" or not mask or not masked:
            raise ValueError
    except ValueError:
        return f"{_digest(_SALT + _network(address).encode())}.{secrets.token_hex(8)}"
    return _digest(bytes(byte ^ mask[index % len(mask)] for index, byte in enumerate(masked)))


def group(visitor):
    """Whom a visitor's limits are shared with: alone with a cookie, else all of the address without one."""
    return visitor.partition(".")[0]


def address(peer, forwarded=(), proxies=()):
    """The address that a visitor comes from. `X-Forwarded-For` is believed only when a proxy is named.

    Args:
        peer: what the web server takes for the visitor's address, or None. Uvicorn puts an address from
            the header in its place when the connection comes from this machine, whoever wrote the header.
        forwarded: values of the headers `X-Forwarded-For`, list of str.
        proxies: networks of trusted proxies, as in `runs.settings.Settings.proxies`.

    Returns:
        str.
    """
    peer = _plain(peer or _OWN_MACHINE)
    hops = [_plain(hop) for value in forwarded for hop in value.split(",") if hop.strip()]
    if peer in hops:
        peer = _OWN_MACHINE
    while hops and _is_among(peer, proxies):
        peer = hops.pop()  # every proxy adds the address it was asked from at the end
    return peer


def is_of_this_page(origin, host, allowed=()):
    """Whether a connection was opened by a page of this very app, rather than by another site's.

    Args:
        origin: the header "Origin", which browsers always send with a websocket; None from programs.
        host: the header "Host".
        allowed: further origins, for proxies that change "Host".
    """
    return origin is None or urlsplit(origin).netloc == host or origin in allowed


def _digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def _plain(text):
    """An address without port and brackets, IPv4 also when it is written as IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text
    return str(getattr(found, "ipv4_mapped", None) or found)


def _network(text):
    """What one visitor may choose addresses from: with IPv6 a whole /64."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _is_among(text, proxies):
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    networks = [ipaddress.ip_network(proxy) for proxy in proxies]
    # This machine has an address of each version, and either one means it.
    return any(found in net or (found.is_loopback and net.is_loopback) for net in networks)
