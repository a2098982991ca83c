"""API Manager ${up_revision}: ${message.rstrip(".")}."""

from __future__ import annotations

from apim_schema.revision import Changes, steps

revision = "${up_revision}"
down_revision = "${down_revision}"

changes: Changes = ()

upgrade, downgrade = steps(changes)
