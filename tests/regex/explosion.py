"""Patterns that make engines explode, and what one costs: compile, first mask and a long walk on a large vocabulary.

Each case runs in a fork of the process that holds the vocabulary, so that the peak of its memory is its own.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from outlines.guide import Guide, Index, LimitError, Vocabulary

TOKENS = int(os.environ.get("OUTLINES_WALK_TOKENS", "60"))

NASTY = [
    # Counts: large, nested, of what may be empty, next to each other.
    *["a{0,5000}", "(a?){200}", "(a{0,5000}){0,5000}", "((a{1,100}){1,100}){1,100}", ".{1,1000}", ".{5000}"],
    *["(a|aa){1,300}b{1,300}", "(ab?){1,500}(ba?){1,500}", r"(\w{1,20} ){1,200}\w{1,20}", "((a?){50}){50}"],
    *[
        "(a{1,3}b{0,3}){1,500}",
        "(a{2,3}){2,500}",
        "(a{5,7}){3,900}",
        "((ab){3,5}|(aba){2,4}){1,200}",
        "(?:a{0,9}){1,}b",
    ],
    *["(?:a{1000}){1000}", "(?:.{3,7}){10,400}", "x{65535}"],
    *[
        "(a{1,9}|b{1,9}|c{1,9}){1,999}",
        "(?:[ab]{2,5}[bc]{2,5}){1,300}",
        "(?:a{1,50}b{1,50}){1,50}(?:c{1,50}d{1,50}){1,50}",
    ],
    # Ambiguity.
    *[
        "(x+x+)+y",
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+",
        "(a*)*b",
        "((a*)*)*b",
        "(.*)*",
        "(.+)+x",
        r"(\w+\s?)+!",
        "(a|b|ab)*bc",
    ],
    *["(.*a){20}", "(.*a){200}", "(.*?,){30}P", "(?:.*a.*b){15}", "([a-z]+[a-z0-9]*)+@", "(?:a?){100}a{100}"],
    # What must be remembered of the text: exponentially many states when all are made.
    *[".*a.{20}", ".*a.{200}", ".*a.{1000}", "(?:a|b)*a(?:a|b){30}", ".*[ab].{10}[cd].{10}", r"(?s).*x.{50}.*y.{50}"],
    *[
        ".*a.{10,200}b.*",
        "(?:.*a.{20}|.*b.{30}|.*c.{40})",
        r"[\s\S]*\d[\s\S]{100}",
        r".*\d.{5,60}\d",
        ".*(?:ab|ba).{40}",
    ],
    *["(?:.*a.{9}){9}", ".*a.{20}.*b.{20}.*c.{20}", r"\w*a\w{64}", r".*(?:a.{3}){20}", "(?:.{0,99}a){0,99}"],
    # Overlapping counters.
    *[
        "a{3,900}a{2,900}b",
        ".{0,500}a.{0,500}b.{0,500}",
        "(?:.{0,50}a){50}",
        r"\d{1,300}\w{1,300}",
        ".{0,300}.{0,300}x",
    ],
    *[
        "[ab]{1,400}[bc]{1,400}[cd]{1,400}[da]{1,400}",
        r"\w{1,100}[a-f]{1,100}\d{1,100}[0-5]{1,100}",
        "(?:a{0,40}.{0,40}){40}",
    ],
    *[
        "(?:a.{0,100}){0,100}",
        "(?:[a-m]{0,30}[g-z]{0,30}){0,30}",
        "a{0,9}a{0,99}a{0,999}",
        "(?:x{0,5}|x{0,3}|x{2,9}y?){99}",
    ],
    # Look-around: intersections of counts, many at once, in repetition.
    *["(?=.{5,300}$)(?=.*a)(?=.*b)(?=.*c).*", "(?=.*a)(?=.*b)(?=.*c)(?=.*d)(?=.*e)(?=.*f)(?=.*g)(?=.*h).{8,400}"],
    *["(?=.{0,100}a)(?=.{0,200}b)(?=.{0,300}c).*", "(?=(?:..){1,100}$)(?=(?:...){1,100}$)(?=(?:.....){1,100}$).*"],
    *["(?=(?:a{7})*$)(?=(?:a{11})*$)(?=(?:a{13})*$)a+", "(?=(?:a{97})*$)(?=(?:a{89})*$)(?=(?:a{83})*$)a+"],
    *[
        "(?:(?=.{0,50}a).)*",
        "(?:(?!.{0,30}ab).)*",
        "(?:(?=.*a)b|(?=.*b)a|c){1,200}",
        "(?!.*(?:.).*ab.{20}).*",
        r"(?!.*(\w)\w{30}x).*",
    ],
    *[
        r"(?:\b\w+\b\W*){1,300}",
        r"(?:\b.){1,1000}",
        r"(?:(?<=a)b|(?<!a)c|[abc]){1,500}",
        r"(?<!a.{9}).{0,500}(?<=b.{20})",
    ],
    *[
        r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])(?=.*[!@#$%]).{8,64}",
        "(?:(?!foo)(?!bar)(?!baz).){0,1000}",
        "(?=a{0,500}b)(?=.{0,400}c).*",
    ],
    *["(?=.*a.{20}b)(?=.*c.{20}d)(?=.*e.{20}f).*", "(?!.*a.{20}b)(?!.*c.{20}d).*", "(?:(?=.{3}a.{3}b).{2}){0,100}.*"],
    *[
        "(?=.{100}a)(?=.{90}b)(?=.{80}c).*",
        "(?:a(?=.{0,9}b)|b(?=.{0,9}a)|c)*",
        "(?=(?:.*a){20})(?=(?:.*b){20})(?=(?:.*c){20}).*",
    ],
    *["(?:(?<!.{3}a.{3})b|c|a)*", r"(?:\w(?!.{0,40}\w\d\w))*", r"(?<=^.{0})(?:.(?<!aa)(?<!bbb)(?<!cccc)){1,500}"],
    # Atomic groups and possessive quantifiers.
    *["(?>a+)+b", "(?:a++b?)+", "(?>(?:a|ab)c?)*x", "a{0,500}+b", "(?:x{1,9}+y?){1,99}", r"(?>\w+\s?)++!"],
    # Unicode.
    *[r"\w{1,500}", r"(?i)[\w]{100,200}", r"[^\W\d_]{1,100}", r"(?i:straße|ſ|K|[α-ω]){1,200}", r"\W*\w{1,90}\W*"],
    *[
        r"(?:\w\W){1,300}",
        r"(?:\w\d?\s?){1,300}[^\x00-\x7f]{50}",
        "[\U00010000-\U0010ffff]{1,500}",
        "[^a]{1,700}",
        r"(?:[^\w]{2}|\w{3}){1,200}",
    ],
    *[r".*\w.{15}", r"(?i:.*ß.{12})", r"(?:.*é){12}", r"(?=.*\w{3}\W{3}).{6,200}"],
    # Long.
    "|".join(f"word{number}" for number in range(5000)),
    "|".join(f"{chr(97 + number % 26)}{{1,{number + 1}}}" for number in range(300)),
    "(?:" + "|".join(f".{{{number}}}a" for number in range(60)) + ").*",
    "(?:" + "|".join(f"(?:ab{{{number}}}c)+" for number in range(1, 80)) + ")*",
    "".join(f"a{{0,{number}}}" for number in range(1, 300)),
    "".join(f"(?:{chr(97 + number % 26)}.{{0,9}})?" for number in range(100)),
    "a?" * 400 + "a" * 400,
    "(?:" * 300 + "a" + "?)" * 300,
    "".join(f"(?=.*{chr(97 + number)}.{{{number}}}z)" for number in range(12)) + ".*",
    "".join(f"(?!.*{chr(97 + number)}.{{{number}}}z)" for number in range(12)) + ".*",
    "".join(f"(?=(?:.{{{prime}}})*$)" for prime in (2, 3, 5, 7, 11, 13, 17, 19, 23)) + ".+",
    ".*" + "".join(f"{letter}.*" for letter in "abcdefghijklmnopqrstuvwxyz"),
    "(?:" + "|".join(f"(?=.*{a}){b}" for a in "abcde" for b in "vwxyz") + "){0,100}",
]


class Cost:
    """What one case took: seconds of processor time of the slowest call of each kind, and MB of memory at the peak."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        # From here on the peak is this process's own.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = self._peak()

    @staticmethod
    def _peak() -> float:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def timed(self, name: str, call: Any, *arguments: Any) -> Any:
        start = time.process_time()
        try:
            return call(*arguments)
        finally:
            took = time.process_time() - start
            self.figures[name] = max(self.figures.get(name, 0.0), took)

    def done(self) -> dict[str, Any]:
        return {**self.figures, "mb": self._peak() - self._before}


Make = Callable[[str, Vocabulary], Index]


def measure(pattern: str, vocabulary: Vocabulary, seed: int, make: Make) -> dict[str, Any]:
    """Compiles a pattern and walks over its masks; a limit that was reached is told as `limit`."""
    cost = Cost()
    try:
        index = cost.timed("compile", make, pattern, vocabulary)
        walk(index, vocabulary, seed, cost)
    except LimitError as error:
        cost.figures["limit"] = str(error)
    return cost.done()


def walk(index: Index, vocabulary: Vocabulary, seed: int, cost: Cost) -> None:
    """A random walk; half of its tokens are of the low ids, which are short and common."""
    rng = random.Random(seed)
    guide = Guide(index)
    row = np.zeros((vocabulary.size + 31) // 32, dtype=np.int32)
    for number in range(TOKENS):
        cost.timed("first mask" if number == 0 else "mask", guide.fill_bitmask, row)
        allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))
        assert len(allowed), "a dead end"
        few = allowed[: max(1, len(allowed) // rng.choice([1, 50]))]
        assert cost.timed("token", guide.advance, int(rng.choice(few)))
        cost.figures["tokens"] = number + 1
        if guide.is_finished():
            break


def run(
    patterns: Iterable[str], vocabulary: Vocabulary, seed: int = 1, make: Make = Index.from_regex
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each pattern costs; a case whose process died has no figures."""
    for pattern in patterns:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                with os.fdopen(writing, "w") as out:
                    json.dump(measure(pattern, vocabulary, seed, make), out)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            text = answer.read()
        os.waitpid(child, 0)
        yield pattern, json.loads(text or "{}")
