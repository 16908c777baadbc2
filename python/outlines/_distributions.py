"""Two distributions bring a package of the name `outlines`: ours and Outlines itself. Only one can be used."""

from __future__ import annotations

import importlib.metadata
import warnings


def warn_of_the_other_outlines() -> None:
    """Warn if Outlines is installed too: its files lie among ours, and removing it would remove some of ours."""
    try:
        version = importlib.metadata.version("outlines")
    except importlib.metadata.PackageNotFoundError:
        return
    warnings.warn(
        f"the distributions outlines-vllm and outlines {version} are both installed, and both bring the package "
        "'outlines': their files overwrite each other. Keep one of them: pip uninstall -y outlines outlines-vllm && "
        "pip install outlines-vllm",
        RuntimeWarning,
        stacklevel=3,
    )
