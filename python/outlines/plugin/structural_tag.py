"""A constraint made of others as vLLM's `structural_tag` field holds it, in the forms of that JSON document.

    {"type": "structural_tag", "format": {"type": "or", "elements": [
        {"type": "regex", "pattern": "..."}, {"type": "json_schema", "json_schema": {...}}, ...]}}

vLLM has no field of its own for "any of these constraints" and the like; this one says in its logs what was asked for.
Our options are in a form's `outlines`, and there a schema is held a second time, to the letter.
"""

from __future__ import annotations

import json
from typing import Any

from outlines.constraint import Constraint


def dumps(constraint: Constraint) -> str:
    """The document of a constraint."""
    return json.dumps({"type": "structural_tag", "format": _form(*constraint.plain())}, ensure_ascii=False)


def loads(text: str) -> Constraint:
    """The constraint that a document holds.

    Raises:
        ValueError: the document is not JSON, or has a form that we do not enforce.
    """
    try:
        return _constraint(json.loads(text)["format"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"the structural_tag is malformed ({error!r})") from error


def _form(kind: str, value: Any, options: dict[str, Any]) -> dict[str, Any]:
    match kind:
        case "regex":
            return {"type": "regex", "pattern": value}
        case "grammar":
            return {"type": "grammar", "grammar": value, "outlines": {"options": options}}
        case "choice":
            return {"type": "or", "elements": [{"type": "const_string", "value": text} for text in value]}
        case "json":
            exact = {"schema": value, "options": options}
            return {"type": "json_schema", "json_schema": json.loads(value), "outlines": exact}
        case "union":
            return {"type": "or", "elements": [_form(*part) for part in value]}
        case "sequence":
            return {"type": "sequence", "elements": [_form(*part) for part in value]}
        case _:
            most = options.get("max", -1)
            return {"type": "repeat", "min": options.get("min", 0), "max": most, "content": _form(*value)}


def _constraint(form: dict[str, Any]) -> Constraint:
    match form["type"]:
        case "regex":
            return Constraint("regex", form["pattern"])
        case "grammar":
            return Constraint("grammar", form["grammar"], form.get("outlines", {}).get("options"))
        case "const_string":
            return Constraint("choice", [form["value"]])
        case "json_schema":
            exact = form.get("outlines", {"schema": form["json_schema"], "options": None})
            return Constraint("json", exact["schema"], exact["options"])
        case "or":
            parts = form["elements"]
            if parts and all(part["type"] == "const_string" for part in parts):
                return Constraint("choice", [part["value"] for part in parts])
            return Constraint("union", map(_constraint, parts))
        case "sequence":
            return Constraint("sequence", map(_constraint, form["elements"]))
        case "repeat":
            most = None if form["max"] == -1 else form["max"]
            return Constraint("repeat", _constraint(form["content"]), {"min": form["min"], "max": most})
        case other:
            raise ValueError(
                f"structural_tag with {other!r} is not supported by outlines: use json, regex, choice or grammar, or "
                "'or', 'sequence' and 'repeat' of them"
            )
