"""Inline images, for the gateway alone: HTTP to domain and back; no decisions."""

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import SecretStr

from courriel_web.credentials import service_caller
from mailbox_service.inline_images import KEEP_SECONDS, InlineImages


def inline_routes(images: InlineImages, *, gateway_secret: SecretStr) -> APIRouter:
    """Make the route."""
    router = APIRouter(dependencies=[Depends(service_caller({"gateway": gateway_secret}))], tags=["inline"])

    @router.get("/inline/{name}", response_class=Response)
    async def show_image(name: str) -> Response:
        """Return an image that an opened message shows."""
        image = await images.find(name)
        return Response(
            image.content,
            headers={
                "Content-Type": image.content_type,
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": f"private, max-age={KEEP_SECONDS}",
            },
        )

    return router
