"""Random patterns over the whole syntax of Python's `re`, and texts that match them or nearly do."""

from __future__ import annotations

import random
import re
from typing import Any

try:
    from re import _parser as sre_parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse as sre_parser

# Characters with something to them: case pairs that only Python's rules join, word characters and spaces beyond ASCII,
# line ends, what JSON must escape, and one beyond the basic plane.
CHARACTERS = 'abAB01_ -\n.,é"\\ßſsSkKKiİıσςΣ😀\t٣²\x1c\x85\u2028\x00𐐀𐐨'

LITERALS = [
    *"aaaabbbbAB01_ -,ski",
    *["é", "ß", "ſ", "K", "σ", "İ", "😀", '"', r"\n", r"\t", r"\\", r"\.", r"\-", "\\\n"],
    *[
        r"\x61",
        r"\u0062",
        r"\U0001F600",
        r"\141",
        r"\0",
        r"\07",
        r"\N{LATIN SMALL LETTER A}",
        r"\a",
        r"\f\v",
        r"\ ",
        "#",
    ],
    *["{", "}", "{}", "{a}", "{1", "{1,a}", "]", "a{,", r"\377", "\u1e9e", "ŉ", "Å", "ǅ", "ﬆ", "\u0345", "θ"],
]
CLASSES = [r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "."]
SETS = [
    *["[ab]", "[^a]", "[a-c]", r"[^\n]", r"[\w-]", r"[^\W\d]", "[]a]", "[^]]", r"[a\]b]", "[-a]", "[a-]", "[.]"],
    *[r"[\s\S]", r"[^\s\S]", "[A-Z]", "[^b-z]", r"[\x00-\x1f]", "[é-ſ]", "[K]", "[ßa]", r"[\d_]", r"[\b]", r"[\"\\]"],
    *[
        "[[]",
        "[a-c--]",
        "[+--]",
        "[a||b]",
        "[a~~b]",
        "[^[:alpha:]]",
        "[a-ce-g]",
        r"[\x61-\u0063]",
        r"[\N{DIGIT ONE}-\071]",
    ],
    *["[ς-ώ]", "[ﬀ-ﬆ]", "[\U00010400-\U0010044f]", "[^\u0000-\uffff]", r"[^\s\w]", r"[\W_a]", "[ #]", "[^ßẞ]", "[İı]"],
    *[r"[\1a]", "[i]", "[^s]", "[𐐀-𐐧]", "[𐐀a]", "[^𐐨]", r"[\U0001F600-\U0001F64F]", "[a&b]", "[Σ]", r"[^\D]"],
]
QUANTIFIERS = [
    "*",
    "+",
    "?",
    "*",
    "+",
    "?",
    "{2}",
    "{1,2}",
    "{0,2}",
    "{,2}",
    "{1,}",
    "{0}",
    "{2,3}",
    "{3}",
    "{1}",
    "{2,4}",
]
ANCHORS = ["^", "$", r"\b", r"\B", r"\A", r"\Z"]


class PatternMaker:
    """Makes patterns; the shares say how often a part is look-around, atomic, or a conditional."""

    def __init__(
        self, rng: random.Random, looks: float = 0.12, atomic: float = 0.05, conditional: float = 0.05
    ) -> None:
        self.rng = rng
        self.looks = looks
        self.atomic = atomic
        self.conditional = conditional
        self.groups = self.names = 0

    def pattern(self) -> str:
        every = [
            "(?i)",
            "(?m)",
            "(?s)",
            "(?x)",
            "(?a)",
            "(?im)",
            "(?ia)",
            "(?u)",
            "(?sm)(?i)",
            "(?aisx)",
            "(?x) # a|b\n ",
        ]
        flags = self.rng.choice(every) if self.rng.random() < 0.15 else ""
        self.groups = self.names = 0
        return flags + self.alternation(self.rng.choice([1, 2, 2, 3]))

    def alternation(self, depth: int) -> str:
        return "|".join(self.sequence(depth) for _ in range(self.rng.choice([1, 1, 1, 1, 2, 2, 3])))

    def sequence(self, depth: int) -> str:
        return "".join(self.item(depth) for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3, 3, 4])))

    def item(self, depth: int) -> str:
        item = self.atom(depth)
        if self.rng.random() > 0.35 or item in ANCHORS or item.startswith("(?#"):
            return item
        kind = self.rng.random()
        suffix = "?" if kind < 0.15 else "+" if kind < 0.15 + self.atomic else ""
        return item + self.rng.choice(QUANTIFIERS) + suffix

    def atom(self, depth: int) -> str:
        kind = self.rng.random()
        if kind < 0.45 or depth == 0:
            return self.character()
        kind = (kind - 0.45) / 0.55
        if kind < self.looks:
            return self.look(depth)
        if kind < self.looks + self.atomic:
            return f"(?>{self.alternation(depth - 1)})"
        if kind < self.looks + self.atomic + self.conditional and self.groups:
            group = self.rng.randint(1, self.groups)
            branches = [self.sequence(depth - 1) for _ in range(self.rng.choice([1, 2, 2, 2]))]
            return f"(?({group}){'|'.join(branches)})"
        opening = self.rng.choice(
            [
                "(",
                "(",
                "(",
                "(?P<",
                "(?:",
                "(?i:",
                "(?s:",
                "(?m:",
                "(?x: ",
                "(?a:",
                "(?u:",
                "(?-i:",
                "(?is-m:",
                "(?#c)(",
            ]
        )
        if opening == "(?P<":
            self.names += 1
            opening += f"name{self.names}>"
        body = self.alternation(depth - 1)
        self.groups += opening.endswith(("(", ">"))
        return f"{opening}{body})"

    def character(self) -> str:
        kinds: list[list[str]] = [LITERALS, LITERALS, LITERALS, CLASSES, SETS]
        character = self.rng.choice(self.rng.choice(kinds))
        # One more digit would make another escape of it.
        return f"(?:{character})" if character[-1] in "01247" and character[0] == "\\" else character

    def look(self, depth: int) -> str:
        kind = self.rng.random()
        if kind < 0.45:
            return self.rng.choice(ANCHORS)
        if kind < 0.75:
            return f"{self.rng.choice(['(?=', '(?!'])}{self.alternation(depth - 1)})"
        width = self.rng.choice([0, 1, 1, 2, 3])
        body = "|".join(self.fixed(width) for _ in range(self.rng.choice([1, 1, 2])))
        return f"{self.rng.choice(['(?<=', '(?<!'])}{body})"

    def fixed(self, width: int) -> str:
        """A pattern of exactly that many characters, now and then with more look-around in it."""
        inner = [*ANCHORS, "(?=a)", "(?!a)", "(?<=a)", "(?<!b)", "(?=ab)", "(?=a|$)"]
        parts = [self.character() for _ in range(width)]
        for at in reversed(range(width + 1)):
            if self.rng.random() < 0.12:
                parts.insert(at, self.rng.choice(inner))
        return "".join(parts)


def random_texts(rng: random.Random, pattern: str, count: int) -> list[str]:
    """Texts for a valid pattern: random ones, ones that match it (but for look-around), and ones a step away."""
    tree = sre_parser.parse(pattern)
    hints = [character for character in pattern if character not in "()[]{}?*+|^$\\:<=!>"] or ["a"]
    texts = [""]
    while len(texts) < count:
        if rng.random() < 0.4:
            pool = rng.choice([hints, "ab\n", CHARACTERS])
            texts.append("".join(rng.choice(pool) for _ in range(rng.choice([1, 1, 2, 2, 3, 3, 4, 5, 6]))))
            continue
        text = sample(rng, tree)[:12]
        texts.append(text)
        if text:
            at = rng.randrange(len(text))
            texts.append(
                text[:at] + rng.choice(["", rng.choice(CHARACTERS), rng.choice(hints) + text[at]]) + text[at + 1 :]
            )
    return [text for text in texts if not re.search("[\ud800-\udfff]", text)]  # Halves of a pair are no text.


def sample(rng: random.Random, tree: Any) -> str:
    """A text of a parsed pattern, as if there were no look-around."""
    return "".join(sample_item(rng, str(code), argument) for code, argument in tree)


def sample_item(rng: random.Random, code: str, argument: Any) -> str:
    match code:
        case "LITERAL":
            character: str = chr(argument)
            return rng.choice([character, character, character.swapcase()[0]])
        case "NOT_LITERAL" | "ANY" | "CATEGORY":
            return rng.choice(CHARACTERS)
        case "IN":
            return sample_class(rng, argument)
        case "BRANCH":
            return sample(rng, rng.choice(argument[1]))
        case "SUBPATTERN":
            return sample(rng, argument[-1])
        case "ATOMIC_GROUP":
            return sample(rng, argument)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, body = argument
            rounds = rng.randint(least, min(int(most), least + 2))
            return "".join(sample(rng, body) for _ in range(rounds))
        case "GROUPREF_EXISTS":
            _, yes, no = argument
            return sample(rng, yes if no is None or rng.random() < 0.5 else no)
        case "AT" if rng.random() < 0.2:
            return "\n"
    return ""


def sample_class(rng: random.Random, members: Any) -> str:
    code, argument = rng.choice(members)
    if str(code) == "LITERAL":
        return chr(argument)
    if str(code) == "RANGE":
        return chr(rng.randint(*argument))
    return rng.choice(CHARACTERS)


def compile_or_none(pattern: str) -> re.Pattern[str] | None:
    """What `re` makes of the pattern; none if it refuses it."""
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, ValueError):
        return None
