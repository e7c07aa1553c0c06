"""The embedded run: everything on one machine, no Docker."""
