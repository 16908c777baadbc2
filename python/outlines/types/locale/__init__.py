"""Patterns of one country."""

from outlines.types.locale import us

__all__ = ["us"]
