"""Writing regular expressions as text: embedding one in another, and ranges of numbers.

Everything here gives patterns in the syntax of Python's `re` that use only what every regular engine has.
"""

from __future__ import annotations

import re

_LEADING_FLAGS = re.compile(r"\(\?([aiLmsux]+)\)")
# One atom, to which a quantifier or a neighbour can be joined as it is.
_ATOM = re.compile(r"[A-Za-z0-9_]|\\[^A-Za-z0-9]|\\[dwsDWS]|\[[^\[\]\\^]+\]")
# A construct that the search for named groups must step over: an escape, or a whole class.
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P<\w+>|.", re.DOTALL)

# How many digits a number may have where nothing else bounds it: more than any 64-bit integer needs.
MAX_DIGITS = 20


def as_group(pattern: str) -> str:
    """`pattern` written so that it can stand anywhere in a larger one and mean the same.

    Flags at its start become the group's own; names of groups, which might clash with others, are dropped.
    """
    if _ATOM.fullmatch(pattern):
        return pattern
    flags = ""
    while leading := _LEADING_FLAGS.match(pattern):
        flags += leading.group(1)
        pattern = pattern[leading.end() :]
    unnamed = "".join("(?:" if token.startswith("(?P<") else token for token in _TOKEN.findall(pattern))
    # In verbose mode a comment may be last; it must not swallow the bracket.
    end = "\n)" if "x" in flags else ")"
    return f"(?{''.join(dict.fromkeys(flags))}:{unnamed}{end}"


def containing(pattern: str) -> str:
    """The pattern of a whole text in which `pattern` is found somewhere, as a search without more finds it.

    In such a search `$` means the end of the text, where `re` would also allow a newline after it.
    """
    tokens = [r"\Z" if token == "$" else token for token in _TOKEN.findall(pattern)]
    depth, alternatives = 0, False
    for token in tokens:
        depth += token.startswith("(") - (token == ")")
        alternatives |= token == "|" and depth == 0
    before = after = r"[\s\S]*"
    if not alternatives and tokens:
        # The usual case, an anchored pattern, reads better without what can only be empty.
        if tokens[0] == "^":
            before, tokens = "", tokens[1:]
        if tokens and tokens[-1] == r"\Z":
            after, tokens = "", tokens[:-1]
    return f"{before}{as_group(''.join(tokens))}{after}"


def all_of(patterns: list[str]) -> str:
    """The pattern of a whole text that matches every one of several patterns."""
    *others, last = patterns
    return "".join(rf"(?=(?:{pattern})\Z)" for pattern in others) + (as_group(last) if others else last)


def any_of(patterns: list[str]) -> str:
    """Any one of several patterns, as one group."""
    return patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})"


def integers(low: int | None, high: int | None) -> str:
    """The integers from `low` to `high`, both included and either open, as `str` writes them.

    An open end goes to the largest integer of `MAX_DIGITS` digits. `high` must not be below `low`.
    """
    limit = 10**MAX_DIGITS - 1
    low = -max(limit, -(high or 0)) if low is None else low
    high = max(limit, low) if high is None else high
    parts = []
    if low < 0:
        parts.append(f"-{any_of(_naturals(max(1, -high), -low))}")
    if high >= 0:
        parts.extend(_naturals(max(0, low), high))
    return any_of(parts)


def _naturals(low: int, high: int) -> list[str]:
    """Patterns for the natural numbers from `low` to `high`, without leading zeros."""
    patterns: list[str] = []
    whole: list[int] = []
    for digits in range(len(str(low)), len(str(high)) + 1):
        smallest, largest = (10 ** (digits - 1) if digits > 1 else 0), 10**digits - 1
        if digits > 1 and low <= smallest and largest <= high:
            whole.append(digits - 1)
        else:
            patterns.extend(_same_length(str(max(low, smallest)), str(min(high, largest))))
    if whole:
        # The lengths of which every number belongs are neighbours: one pattern is enough for all.
        patterns.append(f"[1-9]{_digits(whole[0], whole[-1])}")
    return patterns


def _same_length(low: str, high: str) -> list[str]:
    """Patterns for the digit strings from `low` to `high`, which have the same length."""
    rest = len(low) - 1
    if low == "0" * len(low) and high == "9" * len(high):
        return [_digits(len(low))]
    if low[0] == high[0]:
        return [low[0] + tail for tail in _same_length(low[1:], high[1:])] if rest else [low]
    # The first digit's two ends bound what follows; between them anything may follow.
    patterns: list[str] = []
    start, stop = int(low[0]), int(high[0])
    if rest and low[1:] != "0" * rest:
        patterns.extend(low[0] + tail for tail in _same_length(low[1:], "9" * rest))
        start += 1
    tails: list[str] = []
    if rest and high[1:] != "9" * rest:
        tails.extend(high[0] + tail for tail in _same_length("0" * rest, high[1:]))
        stop -= 1
    if start <= stop:
        patterns.append((str(start) if start == stop else f"[{start}-{stop}]") + (_digits(rest) if rest else ""))
    return patterns + tails


def _digits(fewest: int, most: int | None = None) -> str:
    match fewest, most:
        case 1, (None | 1):
            return "[0-9]"
        case _, None:
            return f"[0-9]{{{fewest}}}"
        case _:
            return f"[0-9]{{{fewest}}}" if fewest == most else f"[0-9]{{{fewest},{most}}}"
