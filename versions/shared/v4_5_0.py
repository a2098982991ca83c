"""API Manager 4.5.0: the registry's index of properties by id is back."""

from __future__ import annotations

from apim_schema.revision import create_index, except_on, index, steps, vary

revision = "4.5.0"
down_revision = "4.4.0"

changes = (
    # Only a database that was installed with 4.3.0 or 4.4.0 lacks it: on PostgreSQL it was never gone (nor ever there,
    # for several data centres), and RAC may do without.
    except_on(
        ("postgresql", "oracle_rac"),
        create_index(
            "REG_RESOURCE_PROPERTY",
            index(
                vary("REG_RESOURCE_PROPERTY_IND_BY_REG_PROP_ID", oracle="REG_RESC_PROP_BY_REG_PROP_ID"),
                "REG_TENANT_ID",
                "REG_PROPERTY_ID",
            ),
        ),
    ),
)

upgrade, downgrade = steps(changes)
