"""The gateway's entry point: ``uvicorn gateway_service.main:app``."""

from courriel_web.logs import configure_logs
from gateway_service.app import create_app
from gateway_service.settings import Settings

settings = Settings()
configure_logs("gateway", settings.log_level)
app = create_app(settings)
