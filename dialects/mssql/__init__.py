"""SQL Server 2017 to 2022, through pyodbc: see `apim_schema.dialect` for what each module is for."""

FLAVOURS = ("mssql", "mssql_multidc")
DRIVERS = {"mssql": "mssql+pyodbc"}
PASSWORD_VARIABLES: tuple[str, ...] = ()
EXAMPLE = "mssql://USER@HOST:1433/DATABASE with ?driver=NAME+OF+THE+ODBC+DRIVER"
ALIASES: tuple[str, ...] = ("sqlserver",)
