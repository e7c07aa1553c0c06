"""Reads and deletes over POP3."""
