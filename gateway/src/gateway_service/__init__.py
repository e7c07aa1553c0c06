"""Pages and the public API."""
