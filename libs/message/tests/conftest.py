"""Unit tests of message: what builds hostile mail can be imported by name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
