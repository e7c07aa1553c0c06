"""The outbox: accepted means delivered or returned."""
