"""Images of a message's frame, whose opaque origin sends no cookie: the address is the key to each."""

from fastapi import APIRouter, Request, Response

from gateway_service.downloads import PipedResponse
from gateway_service.errors import UnknownFile
from gateway_service.identifiers import PathName
from gateway_service.remote_images import PATH, ImageRefused, RemoteImages
from gateway_service.services import UsesServices

router = APIRouter(include_in_schema=False)
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
IN_FRAMES = {"Cross-Origin-Resource-Policy": "cross-origin"}
MAX_TOKEN = 8000


@router.get("/inline/{name}")
async def inline_image(name: PathName, services: UsesServices) -> Response:
    """Show an image that came with a message, under a random name, for ten minutes."""
    image = await PipedResponse.of(services.mailbox.inline(name), IN_FRAMES)
    if image.headers["content-type"].partition(";")[0].strip().lower() not in IMAGE_TYPES:
        await image.close()
        raise UnknownFile
    return image


@router.get(PATH + "{token}")
async def remote_image(token: str, request: Request) -> Response:
    """Show an image from elsewhere that a person asked for, under a sealed address, for ten minutes."""
    images: RemoteImages | None = request.app.state.remote_images
    if images is None or len(token) > MAX_TOKEN:
        raise UnknownFile
    try:
        image = await images.find(token)
    except ImageRefused as error:
        raise UnknownFile from error
    return Response(image.content, media_type=image.content_type, headers=IN_FRAMES)
