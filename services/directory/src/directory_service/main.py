"""Entry point of the API: `uvicorn directory_service.main:app`."""

from courriel_web.logs import configure_logs
from directory_service.app import create_app
from directory_service.settings import Settings

settings = Settings()
configure_logs("directory", settings.log_level)
app = create_app(settings)
