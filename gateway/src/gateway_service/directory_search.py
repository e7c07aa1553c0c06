"""What the directory allows a search to be."""

MAX_CHARACTERS = 200
"""Of a query; the directory refuses more."""
MAX_ENTRIES = 50
"""Of an answer; the directory gives no more."""
