"""Random Lark grammars, and random texts near their languages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import lark

# What a terminal may be, and some texts that it may take.
STRINGS = {'"a"': "a", '"b"': "b", '"ab"': "ab", '"ba"': "ba", '"aa"': "aa", '"abc"': "abc", '"c"': "c", '"A"i': "aA"}
PATTERNS = {
    "/a+/": ["a", "aaa"],
    "/[ab]+/": ["ab", "b", "baa"],
    "/a*b/": ["b", "aab"],
    "/ab?/": ["a", "ab"],
    "/a+?b?/": ["a", "ab"],
    "/(a|ab)(c|bcd)?/": ["a", "ac", "abcd", "ab"],
    "/(ab|a)c?/": ["ab", "abc", "ac"],
    "/[a-c]/": ["a", "b", "c"],
    "/a(?=b)/": ["a"],
    "/a(?!b)/": ["a"],
    "/[^ab ]+/": ["c", "cc"],
    "/.b/": ["ab", "cb", "bb"],
    "/a{1,2}/": ["a", "aa"],
    "/c.*?b/": ["cb", "caab"],
    "/[a-c]+(?<!b)/": ["a", "abc", "ba"],
    "/b(?:a|b)*?c/": ["bc", "baac"],
    "/A|b/i": ["a", "B"],
    '"a".."c"': ["a", "c"],
    "/(?>a|ab)c/": ["ac"],
    "/a++/": ["aa"],
    "/é|a+/": ["é", "aa"],
}
IGNORED = ['" "', "/ +/", "/[ c]+/", '"b"', "/#[^b]*/", "WS", "IGNORED", '" " | "#"']
WORDS = {**{source: [text] for source, text in STRINGS.items()}, **PATTERNS}
RULES = ["start", "one", "_two", "three", "four"]
TERMINALS = ["FIRST", "SECOND", "_THIRD"]


class RandomGrammar:
    """The text of a grammar, made from a source of random choices."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.rules = RULES[: rng.choice([1, 2, 2, 3, 3, 4, 5])]
        self.terminals = TERMINALS[: rng.choice([0, 1, 2, 3])]
        self.template = rng.random() < 0.15
        lines = [self.definition(name) for name in self.rules]
        lines += [f"{name}{self.priority()}: {self.terminal(position)}" for position, name in enumerate(self.terminals)]
        if self.template:
            lines.append(f"pair{{x, y}}: x {self.item(0)} y | y")
        lines += self.ignored()
        rng.shuffle(lines)
        self.text = "\n".join(lines) + "\n"

    def definition(self, name: str) -> str:
        modifier = self.rng.choice(["", "", "", "!", "" if name.startswith("_") else "?"])
        return f"{modifier}{name}{self.priority()}: {self.alternatives(self.rng.choice([1, 2, 2]), top=name)}"

    def priority(self) -> str:
        return f".{self.rng.choice([-1, 2, 3])}" if self.rng.random() < 0.1 else ""

    def alternatives(self, depth: int, top: str = "") -> str:
        alternatives = []
        for _ in range(self.rng.choice([1, 2, 2, 3])):
            items = " ".join(self.item(depth) for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])))
            named = top and not top.startswith("_") and self.rng.random() < 0.05
            alternatives.append(f"{items} -> alias" if named else items)
        return " | ".join(alternatives)

    def item(self, depth: int) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.12 and depth:
            item = f"({self.alternatives(depth - 1)})"
        elif kind < 0.2 and depth:
            return f"[{self.alternatives(depth - 1)}]"
        elif kind < 0.25 and depth and self.template:
            item = f"pair{{{self.value()}, {self.value()}}}"
        else:
            item = self.value()
        if rng.random() < 0.2:
            item += rng.choice(["?", "*", "+", "~2", "~1..3", "~0..2"])
        return item

    def value(self) -> str:
        kind = self.rng.random()
        if kind < 0.45:
            return self.rng.choice(self.rules)
        if kind < 0.6 and self.terminals:
            return self.rng.choice(self.terminals)
        return self.rng.choice(list(self.rng.choice([STRINGS, STRINGS, PATTERNS])))

    def terminal(self, position: int) -> str:
        parts = list(self.rng.choice([STRINGS, PATTERNS])) + self.terminals[:position]
        count = self.rng.choice([1, 1, 2])
        terminal = self.rng.choice([" ", " | "]).join(self.rng.choice(parts) for _ in range(count))
        return f"({terminal}){self.rng.choice(['+', '~2', '~1..2', '*'])}" if self.rng.random() < 0.15 else terminal

    def ignored(self) -> list[str]:
        if self.rng.random() < 0.5:
            return []
        ignored = self.rng.choice(IGNORED)
        lines = [f"%ignore {ignored}"]
        if ignored == "WS":
            lines.append("%import common.WS")
        if ignored == "IGNORED":
            lines.append('IGNORED: " "+ | "cc"')
        return lines


class Sentences:
    """Texts that are likely sentences of a grammar: terminals' texts put together as the rules say."""

    def __init__(self, rng: random.Random, parser: lark.Lark) -> None:
        self.rng = rng
        self.rules: dict[str, list[list[str]]] = {}
        for rule in parser.rules:
            self.rules.setdefault(rule.origin.name, []).append([symbol.name for symbol in rule.expansion])
        self.depths = self.find_depths()
        self.patterns = {terminal.name: terminal.pattern for terminal in parser.terminals}
        self.ignored: Sequence[str] = parser.ignore_tokens

    def find_depths(self) -> Mapping[str, int]:
        """How deep the shallowest tree of each rule is."""
        depths: dict[str, int] = {}
        for depth in range(len(self.rules) + 1):
            for name, expansions in self.rules.items():
                if name not in depths and any(all(self.known(symbol, depths) for symbol in e) for e in expansions):
                    depths[name] = depth
        return depths

    def known(self, symbol: str, depths: Mapping[str, int]) -> bool:
        return symbol not in self.rules or symbol in depths

    def depth(self, expansion: Sequence[str]) -> int:
        return max((self.depths.get(symbol, 99) for symbol in expansion if symbol in self.rules), default=-1)

    def sentence(self) -> str:
        words: list[str] = []
        self.write("start", 6, words)
        text = "".join(words)
        if self.rng.random() < 0.4:
            text = mutated(self.rng, text)
        return text

    def write(self, symbol: str, budget: int, words: list[str]) -> None:
        if len(words) > 60 or (symbol in self.rules and symbol not in self.depths):
            return
        if symbol in self.rules:
            expansions = self.rules[symbol]
            if budget <= 0:
                least = min(map(self.depth, expansions))
                expansions = [expansion for expansion in expansions if self.depth(expansion) == least]
            for part in self.rng.choice(expansions):
                self.write(part, budget - 1, words)
            return
        words.append(self.word(symbol))
        if self.ignored and self.rng.random() < 0.3:
            words.append(self.word(self.rng.choice(self.ignored)))

    def word(self, terminal: str) -> str:
        pattern = self.patterns[terminal]
        if pattern.type == "str":
            return str(pattern.value)
        known = WORDS.get(f"/{pattern.value}/", [" "] if " " in pattern.value else ["a", "ab", "b", "c", "aab"])
        return self.rng.choice(known)


def mutated(rng: random.Random, text: str) -> str:
    """The text with a character left out, doubled, or changed."""
    at = rng.randrange(len(text) + 1)
    other = rng.choice("abc A#é")
    return rng.choice([text[:at] + text[at + 1 :], text[: at + 1] + text[at:], text[:at] + other + text[at + 1 :]])
