"""API Manager 4.2.0: where the chain of the shared database begins. Its schema is the 4.2.0 catalog of each dialect."""

from __future__ import annotations

from apim_schema.revision import Changes, steps

revision = "4.2.0"
down_revision = None

changes: Changes = ()

upgrade, downgrade = steps(changes)
