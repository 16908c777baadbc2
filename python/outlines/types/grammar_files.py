"""A grammar's file, and those that it imports from its own folder.

A constraint is compiled in another process than the one that describes it, so it takes along what it needs.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from outlines.guide import grammar_imports


def read_grammar(path: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text of a grammar, and the texts it imports by their paths from the grammar's folder.

    Raises:
        OSError: a file cannot be read.
        GrammarError: a file is no grammar.
    """
    definition = path.read_text(encoding="utf-8")
    files: dict[str, str] = {}
    waiting = [(PurePosixPath(), definition)]
    while waiting:
        folder, text = waiting.pop()
        for name in grammar_imports(text):
            file = folder / name
            if str(file) not in files:
                files[str(file)] = (path.parent / file).read_text(encoding="utf-8")
                waiting.append((file.parent, files[str(file)]))
    return definition, tuple(sorted(files.items()))
