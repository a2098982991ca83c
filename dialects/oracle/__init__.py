"""Oracle 12.2 to 23ai: see `apim_schema.dialect` for what each module is for."""

FLAVOURS = ("oracle", "oracle_23c", "oracle_rac", "oracle_multidc")
DRIVERS = {"oracle": "oracle+oracledb"}
PASSWORD_VARIABLES: tuple[str, ...] = ()
EXAMPLE = "oracle://USER@HOST:1521 with ?service_name=SERVICE"
ALIASES: tuple[str, ...] = ()
