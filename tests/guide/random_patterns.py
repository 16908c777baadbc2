"""Random regular expressions and texts for them."""

from __future__ import annotations

import random

# White space is the same in every version of Unicode; letters and digits are not, so \w and \d stay within ASCII.
ATOMS = [
    *["a", "b", "c", "x", "0", "1", " ", "-", "_", r"\.", r"\"", r"\n", "é", "ß", "日", "本", "🎉", r"\U0001F469"],
    *[
        ".",
        "[a-c]",
        "[^a]",
        "[0-9a-f]",
        r"(?a:\d)",
        r"(?a:\w)",
        r"(?a:\W)",
        r"\s",
        r"\S",
        "[а-я]",
        "[一-龥]",
        "[^\\x00-\\x7f]",
    ],
    *[
        "[😀-🙏]",
        "[\\U00010000-\\U0010FFFF]",
        r"[^\"\\]",
        "(?s:.)",
        "(?i:k)",
        "(?i:[a-f])",
        "[é-\\u0905]",
        "[\\u07ff-\\u0801]",
    ],
]


def random_pattern(rng: random.Random, depth: int = 3, repeats: bool = True, lazy: bool = True) -> str:
    """A pattern of `re`; without nested unbounded repetition, on which `re` itself would take for ever."""
    kind = rng.random()
    if depth == 0 or kind < 0.25:
        return rng.choice(ATOMS)
    if kind < 0.6:
        return "".join(random_pattern(rng, depth - 1, repeats, lazy) for _ in range(rng.randint(1, 4)))
    if kind < 0.8:
        branches = [random_pattern(rng, depth - 1, repeats, lazy) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.15:
            branches.append("")
        return f"(?:{'|'.join(branches)})"
    unbounded = repeats and rng.random() < 0.5
    inner = random_pattern(rng, depth - 1, repeats and not unbounded, lazy)
    if unbounded:
        count = rng.choice(["*", "+", "{2,}"])
    else:
        low = rng.randint(0, 3)
        count = rng.choice(["?", f"{{{low}}}", f"{{{low},{low + rng.randint(0, 4)}}}"])
    return f"(?:{inner}){count}{rng.choice(['', '', '?' if lazy else ''])}"
