"""Airports, from the package `airportsdata`: `IATA` is an Enum of the three-letter codes in use."""

from enum import Enum

try:
    import airportsdata
except ImportError as error:
    raise ImportError(
        "outlines.types.airports needs the package airportsdata: pip install 'outlines-vllm[airports]'"
    ) from error

IATA = Enum("IATA", {code: code for code in airportsdata.load("IATA")})  # type: ignore[misc]

__all__ = ["IATA"]
