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


def per_token(results: Results) -> list[float]:
    """Microseconds of every token."""
    return [nanoseconds / 1e3 for result in results for nanoseconds in result["tbm"]]


def first_masks(results: Results, timeout: float) -> list[float]:
    """Microseconds of every first mask. A time-out counts as one that took that long."""
    first = [result["ttfm"] / 1e3 for result in results if "ttfm" in result]
    return first + [timeout * 1e6 for result in results if "timeout" in result]


def summary(results: Results, timeout: float) -> dict[str, float]:
    """The lines of the table for one engine."""
    lines: dict[str, float] = {}
    times = {"TBM": per_token(results), "TTFM": first_masks(results, timeout)}
    for name, values in times.items():
        for percent in PERCENTILES:
            lines[f"{name} p{percent:g}"] = percentile(values, percent)
        lines[f"{name} mean"] = sum(values) / max(1, len(values))
    count: Callable[[str], int] = lambda key: sum(bool(result.get(key)) for result in results)  # noqa: E731
    failing = ("error", "crash", "timeout", "died", "let_by", "refused")
    lines["passing, %"] = 100 * sum(not any(map(r.get, failing)) for r in results) / max(1, len(results))
    lines["refused to compile"] = count("error")
    lines["timed out, died or crashed"] = count("timeout") + count("died") + count("crash")
    lines["valid refused"] = count("refused")
    lines["invalid let by"] = count("let_by")
    grown = [result["grown_mb"] for result in results if "grown_mb" in result]
    lines["memory of one, kB, p50"] = 1e3 * percentile(grown, 50)
    lines["memory of one, kB, p90"] = 1e3 * percentile(grown, 90)
    lines["memory of one, kB, largest"] = 1e3 * max(grown, default=float("nan"))
    lines["resident memory, MB"] = max((result.get("resident_mb", 0.0) for result in results), default=0.0)
    lines["tokens"] = len(times["TBM"])
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
    """One line for each schema (or pattern) that did not pass."""
    reasons = ("error", "crash", "timeout", "died", "let_by", "refused")
    return [
        f"{result['id']}: " + ", ".join(f"{reason}={result[reason]}" for reason in reasons if result.get(reason))
        for result in results
        if any(map(result.get, reasons))
    ]


def slowest(results: Results, count: int = 5) -> list[str]:
    """The cases with the slowest single tokens and first masks, in microseconds."""
    worst = [(max(result["tbm"], default=0) / 1e3, result.get("ttfm", 0) / 1e3, result["id"]) for result in results]
    return [
        f"{name}: token {token:,.0f}, first {first:,.0f}" for token, first, name in sorted(worst, reverse=True)[:count]
    ]
