"""Entry point of the API: `uvicorn sender_service.main:app`."""

from courriel_web.logs import configure_logs
from sender_service.app import create_app
from sender_service.settings import Settings

settings = Settings()
configure_logs("sender", settings.log_level)
app = create_app(settings)
