"""A POP3 client: sans-IO core and asyncio shell."""
