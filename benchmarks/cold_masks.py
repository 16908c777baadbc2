"""Thread time of masks that nobody has asked for before, case by case, without the peers and without Python.

`python -m benchmarks.cold_masks [grammars-usual|grammars-hard|regexes-usual] [CASE]`: writes the vocabulary and the
cases as token ids to `.cache/cold_masks`, and runs the engine's example on them. A case by its name prints every step.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

from benchmarks import known_tokenizers
from benchmarks.grammars import cases as grammars
from benchmarks.regexes import patterns

FOLDER = Path(".cache/cold_masks")
SETS = ("grammars-usual", "grammars-hard", "regexes-usual")


def write() -> None:
    """Writes what the example reads."""
    from outlines.guide.tokenizers import token_bytes

    tokenizer = known_tokenizers.load("llama-3")
    table = token_bytes(tokenizer.tokenizer, tokenizer.size)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "vocabulary").open("wb") as file:
        file.write(struct.pack("<II", tokenizer.size, table.eos[0]))
        for token in table.tokens:
            text = token or b""
            file.write(struct.pack("<I", len(text)) + text)

    def dump(name: str, kind: str, cases: list[tuple[str, str, tuple[str, ...]]]) -> None:
        rows = [
            {"id": case, "kind": kind, "source": source, "texts": [tokenizer.encode(text) for text in texts]}
            for case, source, texts in cases
        ]
        (FOLDER / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")

    for name, usual in (("grammars-usual", grammars.USUAL), ("grammars-hard", grammars.HARD)):
        rows = [(case.name, grammars.schema(case.name)["ours"], (*case.valid, *case.invalid)) for case in usual]
        dump(name, "grammar", rows)
    dump("regexes-usual", "regex", [(c.name, c.pattern, (*c.valid, *c.invalid)) for c in patterns.USUAL])


def main() -> None:
    sys.path.insert(0, "tools")
    write()
    names, case = sys.argv[1:2] or SETS, sys.argv[2:3]
    for name in names:
        example = ["cargo", "run", "--release", "-q", "-p", "outlines-engine", "--example", "cold_masks", "--"]
        print(f"{name}:", flush=True)
        subprocess.run([*example, str(FOLDER / "vocabulary"), str(FOLDER / f"{name}.json"), *case], check=True)


if __name__ == "__main__":
    main()
