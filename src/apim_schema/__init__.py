"""Schema upgrades of WSO2 API Manager databases that a DBA can trust."""

from pathlib import Path

__version__ = "0.1.0"

# In the wheel `versions` and `dialects` lie inside the package; in a checkout they stand at its root.
if not (Path(__file__).parent / "dialects").is_dir():
    __path__.append(str(Path(__file__).parents[2]))
