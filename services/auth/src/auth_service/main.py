"""Entry point: ``uvicorn auth_service.main:app``. Reads the settings; nothing else does."""

from auth_service.app import create_app
from auth_service.settings import Settings
from courriel_web.logs import configure_logs

settings = Settings()
configure_logs("auth", settings.log_level)
app = create_app(settings)
