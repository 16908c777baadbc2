"""Ready-made patterns, by the names under which Outlines' users look for them."""

from __future__ import annotations

from outlines.types import formats
from outlines.types.convert import FLOAT, INTEGER
from outlines.types.patterns import any_of, integers
from outlines.types.terms import Regex

string = Regex(r'"[^"]*"')
integer = Regex(INTEGER)
number = Regex(FLOAT)
boolean = Regex("True|False")
date = Regex(formats.DATE)
time = Regex(formats.TIME)
datetime = Regex(formats.DATETIME)

digit = Regex("[0-9]")
char = Regex(r"\w")
newline = Regex(r"\r\n|\r|\n")
whitespace = Regex(r"\s")

hex_str = Regex("(?:0x)?[0-9a-fA-F]+")
uuid4 = Regex(formats.uuid("4"))
ipv4 = Regex(formats.IPV4)
ipv6 = Regex(formats.IPV6)
mac_address = Regex("(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}")
hex_color = Regex("#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
slug = Regex("[a-z0-9]+(?:-[a-z0-9]+)*")
email = Regex(formats.EMAIL)

_NUMERIC = "(?:0|[1-9][0-9]{0,8})"
_PRERELEASE = "(?:0|[1-9][0-9]{0,8}|[0-9]{0,8}[a-zA-Z-][0-9a-zA-Z-]{0,16})"
_BUILD = "[0-9a-zA-Z-]{1,16}"
semver = Regex(
    rf"{_NUMERIC}\.{_NUMERIC}\.{_NUMERIC}(?:-{_PRERELEASE}(?:\.{_PRERELEASE}){{0,4}})?"
    rf"(?:\+{_BUILD}(?:\.{_BUILD}){{0,4}})?"
)

# Visa, Mastercard, American Express and Discover, by their first digits and lengths; the check digit is not enforced.
_MASTERCARD = any_of(["5[1-5][0-9]{14}", rf"{integers(2221, 2720)}[0-9]{{12}}"])
credit_card = Regex(any_of(["4[0-9]{15}", _MASTERCARD, "3[47][0-9]{13}", "6(?:011|5[0-9]{2})[0-9]{12}"]))


def _hyphenated(*, prefix: str, last: str) -> str:
    """Group, publisher and title, nine digits together, with hyphens."""
    forms = [
        f"[0-9]{{{group}}}-[0-9]{{{publisher}}}-[0-9]{{{9 - group - publisher}}}"
        for group in range(1, 6)
        for publisher in range(1, 8)
        if 1 <= 9 - group - publisher <= 6
    ]
    return f"{prefix}{any_of(forms)}-{last}"


# ISBN-13 and ISBN-10, with hyphens or without; the check digit is not enforced.
isbn = Regex(
    any_of(
        [
            "97[89][0-9]{10}",
            "[0-9]{9}[0-9X]",
            _hyphenated(prefix="97[89]-", last="[0-9]"),
            _hyphenated(prefix="", last="[0-9X]"),
        ]
    )
)

# A point before a digit is that of a number.
_SENTENCE = r"[A-Z](?:[^.!?\n]|\.[0-9])*[.!?]"
sentence = Regex(_SENTENCE)
paragraph = Regex(rf"{_SENTENCE}(?: {_SENTENCE})*\n")
