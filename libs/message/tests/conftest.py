"""Unit tests of message: what builds hostile mail is imported by name; a busy machine fails no property."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).parent))
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
