"""MIME: parse, build, sanitise; no I/O."""
