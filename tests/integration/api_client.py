"""A client of the public API, as an integrator would write one: bearer token, JSON, plain HTTP."""

from dataclasses import dataclass
from typing import Any, Self

import urllib3

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back; ``json`` is None where the body is not JSON."""

    status: int
    body: bytes
    json: Any


class ApiClient:
    """Calls ``base`` (such as ``http://127.0.0.1:8000``); use it as a context manager."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS)
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Call ``path`` with the token that is at hand; options as for ``urllib3.request``."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self._pool.request(method, self._base + path, headers=headers, **options)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(answer.status, answer.data, answer.json() if is_json and answer.data else None)

    def sign_in(self, username: str, password: str, *, takeover: bool = False) -> Answer:
        """Sign in, and keep the token where there is one."""
        asked = {"username": username, "password": password, "takeover": takeover}
        answer = self.call("POST", "/api/session", json=asked)
        if answer.status == 200:
            self.token = answer.json["access_token"]
        return answer
