"""The directory: people and services, found by name, address, unit and phone."""
