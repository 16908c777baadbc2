"""Regular expressions: what users write and what is hard, every engine on the same patterns and texts."""
