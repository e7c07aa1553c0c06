"""Style sheets and the icon: read once at start, named by their content, kept by browsers for good."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Response

from gateway_service.errors import UnknownFile

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
FOR_GOOD = "public, max-age=31536000, immutable"

FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
VERSIONS = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in FILES.items()}

router = APIRouter(include_in_schema=False)


def static_url(name: str) -> str:
    """Return the URL of a static file; raises KeyError for a name that does not exist."""
    return f"/static/{VERSIONS[name]}/{name}"


@router.get("/static/{version}/{name}")
async def static_file(version: str, name: str) -> Response:
    """Answer with the file; a page of an older version gets today's file, without keeping it."""
    if name not in FILES:
        raise UnknownFile
    caching = FOR_GOOD if version == VERSIONS[name] else "no-cache"
    return Response(FILES[name], headers={"Content-Type": TYPES[Path(name).suffix], "Cache-Control": caching})
