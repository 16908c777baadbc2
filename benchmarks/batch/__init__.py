"""One step of a batch of 256 requests: all masks filled in one call, and a token taken by each."""
