"""A rendered message as octets and back, for the cache: JSON on the first line, then its images.

The names of inline images are part of it, since the HTML holds them: they open nothing unless the images are
stored again at each opening, for ten minutes (``inline_images.py``).
"""

import json
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from mailbox_service.rendering import InlineImage, Rendering

_RENDERING = TypeAdapter(Rendering)


class RenderingUnkeepable(Exception):
    """The rendering holds what JSON does not."""


def keep_rendering(rendering: Rendering) -> bytes:
    """Return the rendering as octets. Raises RenderingUnkeepable."""
    try:
        text = _RENDERING.dump_json(replace(rendering, images=()))
    except PydanticSerializationError as error:
        raise RenderingUnkeepable from error
    images = [(image.name, image.content_type, len(image.content)) for image in rendering.images]
    contents = b"".join(image.content for image in rendering.images)
    return b"\n".join((text, json.dumps(images).encode(), contents))


def take_rendering(octets: bytes) -> Rendering | None:
    """Return the rendering that ``keep_rendering`` wrote, None for anything else."""
    text, _, rest = octets.partition(b"\n")
    listed, _, contents = rest.partition(b"\n")
    try:
        rendering = _RENDERING.validate_json(text)
        images, start = [], 0
        for name, content_type, length in json.loads(listed):
            images.append(InlineImage(name, content_type, contents[start : start + length]))
            start += length
    except (ValidationError, ValueError, TypeError):
        return None
    return replace(rendering, images=tuple(images))
