"""PostgreSQL 12 to 18: see `apim_schema.dialect` for what each module is for."""

FLAVOURS = ("postgresql", "postgresql_multidc")
DRIVERS = {"postgresql": "postgresql+psycopg"}
PASSWORD_VARIABLES = ("PGPASSWORD",)
EXAMPLE = "postgresql://USER@HOST:5432/DATABASE"
ALIASES: tuple[str, ...] = ("postgres", "pgsql")
