"""What crosses a service boundary: models and error codes."""
