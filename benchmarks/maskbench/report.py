"""The table of a MaskBench run, every engine a column; times in microseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Results = list[dict[str, Any]]
PERCENTILES = (50.0, 90.0, 99.0, 99.9)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the others do not exceed; not interpolated."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def summary(results: Results, timeout: float) -> dict[str, float]:
    """The lines of the table for one engine. A time-out counts as a first mask that took that long."""
    per_token = [nanoseconds / 1e3 for result in results for nanoseconds in result["tbm"]]
    first = [result["ttfm"] / 1e3 for result in results if "ttfm" in result]
    first += [timeout * 1e6 for result in results if "timeout" in result]
    lines: dict[str, float] = {}
    for name, values in (("TBM", per_token), ("TTFM", first)):
        for percent in PERCENTILES:
            lines[f"{name} p{percent:g}"] = percentile(values, percent)
        lines[f"{name} mean"] = sum(values) / max(1, len(values))
    count: Callable[[str], int] = lambda key: sum(bool(result.get(key)) for result in results)  # noqa: E731
    failing = ("error", "crash", "timeout", "died", "let_by", "refused")
    lines["schemas passing, %"] = 100 * sum(not any(map(r.get, failing)) for r in results) / max(1, len(results))
    lines["refused to compile"] = count("error")
    lines["timed out, died or crashed"] = count("timeout") + count("died") + count("crash")
    lines["valid refused (schemas)"] = count("refused")
    lines["invalid let by (schemas)"] = count("let_by")
    lines["resident memory, MB"] = max((result.get("resident_mb", 0.0) for result in results), default=0.0)
    lines["tokens"] = len(per_token)
    return lines


def table(all_results: dict[str, Results], timeout: float) -> str:
    """A Markdown table."""
    columns = {engine: summary(results, timeout) for engine, results in all_results.items()}
    rows = ["| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for line in next(iter(columns.values())):
        cells = (f"{column[line]:,.1f}" for column in columns.values())
        rows.append(f"| {line} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def failures(results: Results) -> list[str]:
    """One line for each schema that did not pass."""
    reasons = ("error", "crash", "timeout", "died", "let_by", "refused")
    return [
        f"{result['id']}: " + ", ".join(f"{reason}={result[reason]}" for reason in reasons if result.get(reason))
        for result in results
        if any(map(result.get, reasons))
    ]
