"""The base of every error this room raises on purpose; `app.py` says what each becomes over HTTP."""


class DirectoryError(Exception):
    """Something a person or a client must be told; the text is fit for them."""
