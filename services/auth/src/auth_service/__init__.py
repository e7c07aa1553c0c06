"""Sessions, tokens and the single-session lock."""
