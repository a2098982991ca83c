"""API Manager 4.7.0: nothing changes in the shared database."""

from __future__ import annotations

from apim_schema.revision import Changes, steps

revision = "4.7.0"
down_revision = "4.6.0"

changes: Changes = ()

upgrade, downgrade = steps(changes)
