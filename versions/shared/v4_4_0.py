"""API Manager 4.4.0: nothing changes in the shared database."""

from __future__ import annotations

from apim_schema.revision import Changes, steps

revision = "4.4.0"
down_revision = "4.3.0"

changes: Changes = ()

upgrade, downgrade = steps(changes)
