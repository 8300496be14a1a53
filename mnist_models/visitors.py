"""Who is here: the same name for everything that one browser asks for."""

import hashlib
import secrets


def name(cookie):
    """A visitor's name; it says nothing of the person.

    Args:
        cookie: the value of the cookie against forged requests that the web server gives every browser,
            or None. Its form is Tornado's, version 2: "2|MASK|MASKED TOKEN|TIME", hexadecimal. The
            mask is another one with every answer, the token below it stays.

    Returns:
        str. Without a cookie of that form it is a new one every time.
    """
    try:
        version, mask, masked, _ = (cookie or "").split("|")
        mask, masked = bytes.fromhex(mask), bytes.fromhex(masked)
        if version != "2" or not mask or not masked:
            raise ValueError
        token = bytes(byte ^ mask[index % len(mask)] for index, byte in enumerate(masked))
    except ValueError:
        token = secrets.token_bytes(16)
    return hashlib.sha256(token).hexdigest()[:16]
