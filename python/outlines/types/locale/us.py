"""Patterns of the United States."""

from outlines.types.terms import Regex

zip_code = Regex("[0-9]{5}(?:-[0-9]{4})?")
phone_number = Regex(r"(?:\([0-9]{3}\) |[0-9]{3}-)[0-9]{3}-[0-9]{4}")
