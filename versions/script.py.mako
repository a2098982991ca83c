"""API Manager ${up_revision}: ${message}"""

from __future__ import annotations

from apim_schema.revision import Changes, steps

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

changes: Changes = ()

upgrade, downgrade = steps(changes)
