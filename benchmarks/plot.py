"""The distributions of a run, all engines in one picture: times on a log scale over the share that is faster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# Ticks of the horizontal axis, in percent. Nines are evenly spaced, so that the tail can be seen.
TICKS = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99)
MOST_POINTS = 2000


def distributions(panels: dict[str, dict[str, Sequence[float]]], file: Path) -> None:
    """Write a PNG.

    Args:
        panels: by its title, for each engine its times in microseconds.
        file: where to.
    """
    import matplotlib as mpl
    import numpy as np

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, all_axes = pyplot.subplots(1, len(panels), figsize=(6 * len(panels), 4), layout="constrained")
    for axes, (title, engines) in zip(np.atleast_1d(all_axes), panels.items(), strict=True):
        for engine, times in engines.items():
            ordered = np.sort(np.asarray(times, dtype=float))
            if not ordered.size:
                continue
            # Share that is slower; points evenly spread over the axis, not over the values.
            nines = np.linspace(0, np.log10(ordered.size + 1), MOST_POINTS)
            positions = np.minimum((ordered.size * (1 - 10**-nines)).astype(int), ordered.size - 1)
            axes.plot(nines, ordered[positions], label=engine, linewidth=2 if engine == "ours" else 1.2)
        axes.set_yscale("log")
        axes.set_xticks([-np.log10(1 - tick / 100) for tick in TICKS], [f"{tick:g} %" for tick in TICKS])
        axes.set_title(title)
        axes.set_ylabel("microseconds")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=100)
    pyplot.close(figure)
