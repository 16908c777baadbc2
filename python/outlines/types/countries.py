"""Countries, from the package `iso3166`, as Enums of their ISO 3166 codes, names and flags."""

from enum import Enum

try:
    from iso3166 import countries as _countries
except ImportError as error:
    raise ImportError(
        "outlines.types.countries needs the package iso3166: pip install 'outlines-vllm[countries]'"
    ) from error

_ALL = list(_countries)


def _flag(alpha2: str) -> str:
    """The flag's emoji: the two letters as regional indicator symbols."""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in alpha2)


Alpha2 = Enum("Alpha2", {country.alpha2: country.alpha2 for country in _ALL})  # type: ignore[misc]
Alpha3 = Enum("Alpha3", {country.alpha3: country.alpha3 for country in _ALL})  # type: ignore[misc]
Numeric = Enum("Numeric", {country.alpha2: country.numeric for country in _ALL})  # type: ignore[misc]
Name = Enum("Name", {country.alpha2: country.name for country in _ALL})  # type: ignore[misc]
Flag = Enum("Flag", {country.alpha2: _flag(country.alpha2) for country in _ALL})  # type: ignore[misc]

__all__ = ["Alpha2", "Alpha3", "Flag", "Name", "Numeric"]
