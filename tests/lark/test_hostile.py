"""Grammars made to be large or to explode: each call ends in time and takes little memory, or a limit refuses it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from outlines.guide import GrammarError, Index, LimitError, Vocabulary

from ..regex import explosion

# Seconds of processor time for one call, and MB for one constraint.
SECONDS, MEGABYTES = 2.0, 512.0


def rules(count: int, rule: Callable[[int], str]) -> str:
    return "\n".join(map(rule, range(count))) + "\n"


def any_of(count: int, alternative: Callable[[int], str]) -> str:
    return " | ".join(map(alternative, range(count)))


CHAIN = rules(5000, lambda at: f'r{at}: r{at + 1} | "a{at}" r{at * 7 % 5000}') + 'r5000: "z"'
HOSTILE = {
    "templates that double": "start: " + "d{" * 25 + '"a"' + "}" * 25 + "\nd{x}: x x",
    "a count of a rule": 'start: r~1..1000000000\nr: "a" | "b" r "c"',
    "nested counts of a terminal": 'start: ((("a"~1..100)~1..100)~1..100)~1..100',
    "nested counts of rules": 'start: r~100..1000\nr: s~100..1000\ns: t~10..1000\nt: "a" "b"?',
    "counts of what may be empty": 'start: (("a"?)~1..1000)~1..1000',
    "counts inside a terminal": 'start: A\nA: (("a"~1..100)~1..100)~1..100',
    "many strings": "start: " + any_of(20_000, lambda at: f'"word{at}x"'),
    "many rules": 'start: x+\nx: "z" | '
    + any_of(5000, "r{}".format)
    + "\n"
    + rules(5000, lambda at: f'r{at}: "k{at}" x'),
    "a chain of 5,000 rules": f"start: r0\n{CHAIN}",
    "a chain upside down": "start: r0\n" + "\n".join(reversed(CHAIN.split("\n"))),
    "mutual left recursion": "start: r0\n" + rules(2000, lambda at: f'r{at}: r{(at + 1) % 2000} "a{at}" | "b{at}"'),
    "dense left recursion": "start: r0\n"
    + rules(150, lambda at: f"r{at}: " + any_of(150, lambda other: f'r{other} "o{other}"') + f' | "x{at}"'),
    "dense cycles": "start: r0\n" + rules(200, lambda at: f"r{at}: " + any_of(200, "r{}".format) + f' | "x{at}"'),
    "hidden left recursion": 'e: | "e"\nstart: r0\n'
    + rules(30, lambda at: f"r{at}: " + any_of(30, lambda other: f'e r{other} "{other}"') + f' | "x{at}" |'),
    "hidden left recursion of rules that may be empty": "start: r0\n"
    + rules(60, lambda at: f"r{at}: " + any_of(60, lambda other: f"r{other} r{(at + other) % 60}") + f' | "x{at}" |'),
    "rules that may be empty": 'start: a a a a a a a a\na: b b b b |\nb: c c c c |\nc: d d d d |\nd: a a | "x" |',
    "many items that may be left out": "start: " + "e " * 2000 + '"x"\ne: "a" e |',
    "many operators": "start: " + any_of(80, lambda at: f'start "o{at}" start') + ' | "x"',
    "many key words": 'start: s+\nNAME: /[a-z0-9]+/\ns: e ";" | '
    + any_of(20, lambda at: f'"if{at}" e s | "if{at}" e s "else{at}" s')
    + '\ne: NAME | e "+" e',
    "terminals that double": "start: T30\nT0: /a/\n" + rules(30, lambda at: f"T{at + 1}: T{at} T{at}"),
    "look-arounds": "start: A+\nA: /(?=(?!(?=a.*b)c.*d)[a-z]+e)[a-z]{1,50}(?!.*f.{20})/",
    "extended 3,000 times": 'start: "a"\n' + rules(3000, lambda at: f'%extend start: "b{at}"'),
}


def vocabulary() -> Vocabulary:
    rng = random.Random(3)
    longer = {"".join(rng.choices("abcxyz01 +-,([{", k=rng.randint(2, 6))).encode() for _ in range(20_000)}
    tokens = [bytes([byte]) for byte in range(256)] + sorted(longer)
    return Vocabulary([*tokens, None], [len(tokens)], len(tokens) + 1)


@pytest.mark.parametrize("parser", ["earley", "lalr"])
def test_hostile_grammars(parser: str) -> None:
    def make(grammar: str, vocabulary: Vocabulary) -> Index:
        try:
            return Index.from_grammar(grammar, vocabulary, parser=parser)  # type: ignore[arg-type]
        except GrammarError as error:
            # Many of them are not LALR(1), which is found in time too.
            assert parser == "lalr" and "not LALR(1)" in str(error), error
            raise LimitError(str(error)) from error

    names = {grammar: name for name, grammar in HOSTILE.items()}
    wrong, refused = [], []
    for grammar, cost in explosion.run(HOSTILE.values(), vocabulary(), make=make):
        refused += [names[grammar]] if "limit" in cost else []
        slow = [call for call in ("compile", "first mask", "mask", "token") if cost.get(call, 0) > SECONDS]
        if not cost or slow or cost["mb"] > MEGABYTES:
            wrong.append((names[grammar], slow, cost))
    assert not wrong
    if parser == "earley":
        assert len(refused) <= 4, refused
