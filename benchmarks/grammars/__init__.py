"""Grammars: the same languages in each engine's own notation, every engine on the same texts."""
