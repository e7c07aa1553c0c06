"""The base of every error this room raises on purpose; `app.py` says what each becomes over HTTP."""


class DirectoryError(Exception):
    """Something a person or a client must be told; the text is fit for them."""


class DirectoryUnavailable(DirectoryError):
    """Nothing of the directory could be read so far."""

    def __init__(self) -> None:
        super().__init__("The directory does not answer. Try again in a moment.")
