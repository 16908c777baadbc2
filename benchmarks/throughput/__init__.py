"""End to end on vLLM: time to first token and tokens per second, constrained beside free text."""
