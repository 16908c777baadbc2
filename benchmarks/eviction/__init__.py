"""A long-lived engine: speed and memory over texts that hardly ever come to a state met before."""
