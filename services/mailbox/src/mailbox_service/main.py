"""Entry point: ``uvicorn mailbox_service.main:app``. Reads the settings; nothing else does."""

from courriel_web.logs import configure_logs
from mailbox_service.app import create_app
from mailbox_service.settings import Settings

settings = Settings()
configure_logs("mailbox", settings.log_level)
app = create_app(settings)
