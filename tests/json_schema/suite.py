"""The official test suite of JSON Schema: where it lies, its cases, and the documents its references lead to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema_specifications import REGISTRY

from demo import ROOT, TEST_SUITE

# The newest first: a checkout beside ours, then what `make setup` takes from the source distribution of `jsonschema`.
FOLDERS = [
    *map(Path, filter(None, [os.environ.get("JSON_SCHEMA_TEST_SUITE")])),
    ROOT.parent / "shared" / "data" / "json-schema-test-suite",
    Path("/work/shared/data/json-schema-test-suite"),
    TEST_SUITE,
]
SUITE = next((folder for folder in FOLDERS if (folder / "tests").is_dir()), None)

DRAFTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


class Written(str):
    """A number as it is written."""

    __slots__ = ()


@dataclass(frozen=True)
class Group:
    """One schema of the suite and its instances, each with its name, its text and whether it is valid."""

    name: str
    schema: Any
    tests: tuple[tuple[str, str, bool], ...]


def files() -> list[str]:
    """The files asked of us, as `draft/keyword`: all required ones, and those of the formats."""
    if SUITE is None:
        return []
    found = []
    for draft in DRAFTS:
        folder = SUITE / "tests" / draft
        paths = [*folder.glob("*.json"), *(folder / "optional" / "format").glob("*.json")]
        found += [str(path.relative_to(SUITE / "tests").with_suffix("")) for path in sorted(paths)]
    return found


def groups(file: str) -> Iterator[Group]:
    """The schemas of one file. One without `$schema` is told which draft it is in."""
    assert SUITE is not None
    draft = DRAFTS[file.partition("/")[0]]
    text = (SUITE / "tests" / f"{file}.json").read_text(encoding="utf-8")
    as_written = json.loads(text, parse_int=Written, parse_float=Written)
    for group, written in zip(json.loads(text), as_written, strict=True):
        schema = group["schema"]
        if isinstance(schema, dict) and "$schema" not in schema:
            schema = {"$schema": draft, **schema}
        tests = (
            (test["description"], text_of(spelt["data"]), test["valid"])
            for test, spelt in zip(group["tests"], written["tests"], strict=True)
        )
        yield Group(group["description"], schema, tuple(tests))


def text_of(value: Any) -> str:
    """The JSON text of an instance: numbers as the suite writes them, everything else as Python does."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{text_of(name)}: {text_of(item)}' for name, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def registry(draft: str) -> dict[str, Any]:
    """What the suite's references to other documents lead to: its own remotes, and the metaschemas."""
    assert SUITE is not None
    documents: dict[str, Any] = {uri: resource.contents for uri, resource in REGISTRY.items()}
    remotes = SUITE / "remotes"
    for path in remotes.rglob("*.json"):
        name = path.relative_to(remotes)
        if name.parts[0] not in {*DRAFTS, "draft3", "draft-next", "v1"} - {draft}:
            documents[f"http://localhost:1234/{name.as_posix()}"] = json.loads(path.read_text(encoding="utf-8"))
    return documents
