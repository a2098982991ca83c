"""API Manager 4.3.0: the registry does without its index of properties by id, until 4.5.0."""

from __future__ import annotations

from apim_schema.revision import except_on, keep_index, steps, vary

revision = "4.3.0"
down_revision = "4.2.0"

changes = (
    # PostgreSQL's script keeps it; RAC's may be without it from the start.
    except_on(
        ("postgresql", "oracle_rac"),
        keep_index(
            "REG_RESOURCE_PROPERTY",
            vary("REG_RESOURCE_PROPERTY_IND_BY_REG_PROP_ID", oracle="REG_RESC_PROP_BY_REG_PROP_ID"),
        ),
    ),
)

upgrade, downgrade = steps(changes)
