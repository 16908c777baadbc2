"""The text forms of standard types: dates, durations, addresses, identifiers.

One table, from a format's name in JSON Schema (pydantic's spelling) to a regular expression. Every text that one of
them allows is a value of the type, as `fromisoformat` and pydantic read it; a form with several spellings keeps the
usual ones.
"""

from __future__ import annotations

import re

from outlines.types.patterns import integers

_YEAR = r"(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
# Years with a 29 February: divisible by 4 and not by 100, or by 400.
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
DATE = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_HOUR = r"(?:[01][0-9]|2[0-3])"
OFFSET = rf"[+-]{_HOUR}:[0-5][0-9]"
# Three or six digits of a second: Python 3.10 reads no others.
NAIVE_TIME = rf"{_HOUR}:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{3}}(?:[0-9]{{3}})?)?)?"
TIME = rf"{NAIVE_TIME}(?:{OFFSET})?"
NAIVE_DATETIME = rf"{DATE}[T ]{NAIVE_TIME}"
AWARE_DATETIME = rf"{NAIVE_DATETIME}{OFFSET}"
DATETIME = rf"{DATE}[T ]{TIME}"
_SECONDS = r"[0-9]{1,2}(?:\.[0-9]{1,6})?S"
_CLOCK = rf"T(?:[0-9]{{1,2}}H(?:[0-9]{{1,2}}M)?(?:{_SECONDS})?|[0-9]{{1,2}}M(?:{_SECONDS})?|{_SECONDS})"
DURATION = rf"-?P(?:[0-9]{{1,6}}D(?:{_CLOCK})?|{_CLOCK})"

DECIMAL = r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,20})?"

_HEX = "[0-9a-f]"


def uuid(version: str = "[1-8]") -> str:
    """A UUID of RFC 9562 in lower case."""
    return rf"{_HEX}{{8}}-{_HEX}{{4}}-{version}{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}"


IPV4 = rf"(?:{integers(0, 255)}\.){{3}}{integers(0, 255)}"
_HEXTET = r"[0-9a-f]{1,4}"


def _ipv6() -> str:
    """All forms without an embedded IPv4 address: eight groups, or `::` for two or more of them."""
    forms = [rf"(?:{_HEXTET}:){{7}}{_HEXTET}"]
    for before in range(7):
        head = "" if before == 0 else rf"{_HEXTET}(?::{_HEXTET}){{{before - 1}}}" if before > 1 else _HEXTET
        after = 6 - before
        tail = rf"(?:{_HEXTET}(?::{_HEXTET}){{0,{after - 1}}})?" if after else ""
        forms.append(f"{head}::{tail}")
    return f"(?:{'|'.join(forms)})"


IPV6 = _ipv6()


def _ipv4_network() -> str:
    """An address with a prefix length, in which the bits of the host are zero, as `IPv4Network` wants them."""
    forms = []
    octet = integers(0, 255)
    for prefix in range(33):
        whole, bits = divmod(prefix, 8)
        octets = [octet] * whole
        if bits:
            octets.append(f"(?:{'|'.join(str(value) for value in range(0, 256, 2 ** (8 - bits)))})")
        octets.extend(["0"] * (4 - len(octets)))
        forms.append(r"\.".join(octets) + f"/{prefix}")
    return f"(?:{'|'.join(forms)})"


def _ipv6_network() -> str:
    """Prefix lengths that are whole groups, written with `::` for the host's groups."""
    forms = [f"(?:{_HEXTET}:){{{groups}}}:/{groups * 16}" for groups in range(1, 7)]
    return f"(?:::/0|{'|'.join(forms)}|{IPV6}/128)"


# Names that are in use: reserved ones (.test, .local, .invalid) are no e-mail domains.
_TOP_LEVEL = r"(?:com|org|net|edu|gov|int|info|biz|dev|app|io|ai|co|eu|us|uk|de|fr|es|it|nl|ch|at|jp|cn|in|br|au|ca)"
_DOMAIN = rf"(?:[a-z0-9]{{1,30}}\.){{1,3}}{_TOP_LEVEL}"
EMAIL = rf"[a-z0-9]{{1,20}}(?:[._+-][a-z0-9]{{1,20}}){{0,2}}@{_DOMAIN}"


def url(schemes: tuple[str, ...] = ("http", "https")) -> str:
    """A URL with a host name, and perhaps a port, a path, a query and a fragment, in plain ASCII."""
    character = r"[A-Za-z0-9._~!$&'()*+,;=:@-]"
    return (
        rf"(?:{'|'.join(map(re.escape, schemes))})://{_DOMAIN}(?::{integers(1, 65535)})?(?:/{character}{{0,64}}){{0,8}}"
        rf"(?:\?{character}{{1,128}})?(?:#{character}{{1,64}})?"
    )


FORMATS: dict[str, str] = {
    "date": DATE,
    "time": TIME,
    "date-time": DATETIME,
    "duration": DURATION,
    "uuid": uuid(),
    **{f"uuid{version}": uuid(str(version)) for version in range(1, 9)},
    "ipv4": IPV4,
    "ipv6": IPV6,
    "ipvanyaddress": f"(?:{IPV4}|{IPV6})",
    "ipv4network": _ipv4_network(),
    "ipv6network": _ipv6_network(),
    "ipvanynetwork": f"(?:{_ipv4_network()}|{_ipv6_network()})",
    "ipv4interface": rf"{IPV4}/{integers(0, 32)}",
    "ipv6interface": rf"{IPV6}/{integers(0, 128)}",
    "ipvanyinterface": rf"(?:{IPV4}/{integers(0, 32)}|{IPV6}/{integers(0, 128)})",
    "email": EMAIL,
    "name-email": rf"[A-Z][a-z]{{1,20}} [A-Z][a-z]{{1,20}} <{EMAIL}>",
    "uri": url(),
    # No control characters, and no blanks at the ends.
    "path": r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,254}[^\s\x00-\x1f\x7f])?",
    "base64": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "base64url": r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?",
    "color": r"#[0-9a-fA-F]{6}",
}

# Formats that put no condition on the text.
FREE_FORMATS = frozenset({"binary", "password"})

# Formats that depend on more than the text.
UNENFORCEABLE = frozenset({"file-path", "directory-path", "new-path", "socket-path", "regex"})
