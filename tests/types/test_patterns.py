"""Regular expressions written as text, held against `re` and plain arithmetic."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlines.types.patterns import MAX_DIGITS, all_of, any_of, as_group, containing, integers


@given(st.data())
def test_integers_are_exactly_those_of_the_range(data):
    low = data.draw(st.integers(-(10**6), 10**6))
    high = data.draw(st.one_of(st.integers(low, low + 300), st.integers(low, 10**7)))
    pattern = re.compile(integers(low, high))
    near = [bound + offset for bound in (low, high, 0) for offset in range(-12, 13)]
    for number in near + data.draw(st.lists(st.integers(-(10**7), 10**8), max_size=20)):
        assert (pattern.fullmatch(str(number)) is not None) == (low <= number <= high), number


@pytest.mark.parametrize("text", ["00", "01", "-0", "+1", "", "-", "1.0", "1e2", " 1"])
def test_integers_are_written_in_one_way_only(text):
    assert re.fullmatch(integers(-1000, 1000), text) is None


def test_an_open_range_ends_at_the_digit_limit():
    largest = "9" * MAX_DIGITS
    for pattern in (integers(None, None), integers(0, None), integers(7, None)):
        assert re.fullmatch(pattern, largest)
        assert not re.fullmatch(pattern, largest + "0")
    assert re.fullmatch(integers(None, -5), "-" + largest)
    assert not re.fullmatch(integers(None, -5), "-4")


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("a|b", ["xay", "xby"], ["xa", "by", "xaby"]),
        ("(?i)ab", ["xABy", "xaBy"], ["XABy"]),
        ("(?P<year>[0-9]+)", ["x12y"], ["xy"]),
        (r"[(?P<a>]", ["x(y", "x>y"], ["xby"]),
        (r"\(?P<a>", ["x(P<a>y", "xP<a>y"], ["xy"]),
        ("(?x) a # a comment", ["xay"], ["x a y"]),
        ("a", ["xay"], ["xy"]),
        (r"\d", ["x7y"], ["xdy"]),
        ("[ab]", ["xby"], ["xcy"]),
        (r"[\]]", ["x]y"], ["x\\y"]),
    ],
)
def test_a_group_means_the_same_inside_a_larger_pattern(pattern, matching, other):
    whole = re.compile(f"x{as_group(pattern)}y")
    assert all(whole.fullmatch(text) for text in matching)
    assert not any(whole.fullmatch(text) for text in other)


def test_a_name_can_be_used_twice():
    part = as_group("(?P<n>a)")
    assert re.fullmatch(part + part, "aa")


_SEARCHED = ["a", "^a", "b$", "^ab$", "^a|b$", "(^a)", "a(b|$)", r"\$", "[$^]", "^$", "", "^", "$", "^(a|b)$", r"^\^a"]


@pytest.mark.parametrize("pattern", _SEARCHED)
def test_containing_is_a_search(pattern):
    generator = random.Random(pattern)
    whole = re.compile(containing(pattern))
    # Rust's `$`, which pydantic uses, means the end only: in `re` that is \Z.
    searched = re.compile(re.sub(r"(?<!\\)(?<!\[)\$", r"\\Z", pattern))
    texts = ["", "a", "b", "ab", "ba", "$", "^", "a\n", "\na", "ab\n", "^a"]
    texts += ["".join(generator.choices("ab$^\n", k=generator.randrange(6))) for _ in range(300)]
    for text in texts:
        assert bool(whole.fullmatch(text)) == bool(searched.search(text)), text


@given(st.text("abc\n", max_size=8))
def test_all_of_and_any_of(text):
    patterns = ["[ab]*", r"[\s\S]{2,4}", "a[^b]*"]
    matches = [bool(re.fullmatch(pattern, text)) for pattern in patterns]
    assert bool(re.fullmatch(all_of(patterns), text)) == all(matches)
    assert bool(re.fullmatch(any_of(patterns), text)) == any(matches)
