"""What Microsoft's manual says of the catalog, as far as the tool relies on it: views, columns, values, functions.

Every SQL that the tests see is held to this table by `hold`: what does not stand here is an error, so that a new query
brings its facts, with the page that they are from. Only what is used is listed, a view's other columns are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MANUAL = "https://learn.microsoft.com/en-us/sql/"

Legal = frozenset[str] | None
"""The values that a column or an argument can have; None where they are as many as there are."""


def of(*values: str) -> Legal:
    return frozenset(values)


ANY: Legal = None
FLAG = of("0", "1")

ACTIONS = of("NO_ACTION", "CASCADE", "SET_NULL", "SET_DEFAULT")
OBJECTS = of(
    "AF", "C", "D", "EC", "ET", "F", "FN", "FS", "FT", "IF", "IT", "P", "PC", "PG", "PK", "R", "RF", "S", "SN", "SO",
    "SP", "SQ", "ST", "TA", "TF", "TR", "TT", "U", "UQ", "V", "X",
)  # fmt: skip
KINDS_OF_OBJECT = of(
    "AGGREGATE_FUNCTION", "CHECK_CONSTRAINT", "CLR_SCALAR_FUNCTION", "CLR_STORED_PROCEDURE",
    "CLR_TABLE_VALUED_FUNCTION", "CLR_TRIGGER", "DEFAULT_CONSTRAINT", "EDGE_CONSTRAINT", "EXTENDED_STORED_PROCEDURE",
    "EXTERNAL_TABLE", "FOREIGN_KEY_CONSTRAINT", "INTERNAL_TABLE", "PLAN_GUIDE", "PRIMARY_KEY_CONSTRAINT",
    "REPLICATION_FILTER_PROCEDURE", "RULE", "SECURITY_POLICY", "SEQUENCE_OBJECT", "SERVICE_QUEUE",
    "SQL_INLINE_TABLE_VALUED_FUNCTION", "SQL_SCALAR_FUNCTION", "SQL_STORED_PROCEDURE",
    "SQL_TABLE_VALUED_FUNCTION", "SQL_TRIGGER", "STATISTICS_TREE", "SYNONYM", "SYSTEM_TABLE", "TYPE_TABLE",
    "UNIQUE_CONSTRAINT", "USER_TABLE", "VIEW",
)  # fmt: skip
KINDS_OF_INDEX = of(
    "HEAP", "CLUSTERED", "NONCLUSTERED", "XML", "SPATIAL", "CLUSTERED COLUMNSTORE", "NONCLUSTERED COLUMNSTORE",
    "NONCLUSTERED HASH", "JSON", "VECTOR",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """A catalog or dynamic management view: the page below MANUAL, and its columns with their legal values."""

    page: str
    columns: Mapping[str, Legal]


def catalog(name: str, *anything: str, page: str = "sys-{}-transact-sql", **legal: Legal) -> tuple[str, View]:
    """A catalog view; a column whose name is a word of Python has an underscore behind it."""
    below = f"relational-databases/system-catalog-views/{page.format(name.replace('_', '-'))}"
    return name, View(
        below, dict.fromkeys(anything, ANY) | {name.rstrip("_"): values for name, values in legal.items()}
    )


def dynamic(name: str, *anything: str, **legal: Legal) -> tuple[str, View]:
    page = f"relational-databases/system-dynamic-management-views/sys-{name.replace('_', '-')}-transact-sql"
    return name, View(page, dict.fromkeys(anything, ANY) | legal)


VIEWS = dict(
    [
        catalog(
            "tables", "object_id", "name", "schema_id",
            is_ms_shipped=FLAG, is_published=FLAG, is_replicated=FLAG, is_merge_published=FLAG,
            is_sync_tran_subscribed=FLAG, is_tracked_by_cdc=FLAG, is_memory_optimized=FLAG,
            temporal_type=of("0", "1", "2"),
        ),
        catalog(
            "columns", "object_id", "name", "column_id", "user_type_id", "max_length", "precision", "scale",
            "collation_name", "default_object_id", "rule_object_id", "encryption_type",
            is_nullable=FLAG, is_identity=FLAG, is_computed=FLAG, is_masked=FLAG, is_replicated=FLAG,
        ),
        catalog("identity_columns", "object_id", "seed_value", "increment_value", is_not_for_replication=FLAG),
        catalog("types", "user_type_id", "name"),
        catalog(
            "objects", "object_id", "name", "schema_id", "parent_object_id",
            type=OBJECTS, type_desc=KINDS_OF_OBJECT, is_ms_shipped=FLAG,
        ),
        catalog("default_constraints", "object_id", "name", "parent_object_id", "parent_column_id", "definition"),
        catalog("check_constraints", "object_id", "name", "parent_object_id", "parent_column_id", "definition"),
        catalog("computed_columns", "object_id", "name", "column_id", "definition", is_persisted=FLAG),
        catalog(
            "indexes", "object_id", "index_id", "name", "data_space_id", "fill_factor", "filter_definition",
            type=of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), type_desc=KINDS_OF_INDEX, is_unique=FLAG,
            is_primary_key=FLAG, is_unique_constraint=FLAG, is_disabled=FLAG, is_hypothetical=FLAG, is_padded=FLAG,
            ignore_dup_key=FLAG, allow_row_locks=FLAG, allow_page_locks=FLAG, has_filter=FLAG,
        ),
        catalog(
            "index_columns", "object_id", "index_id", "index_column_id", "column_id", "key_ordinal",
            "partition_ordinal", is_descending_key=FLAG, is_included_column=FLAG,
        ),
        catalog(
            "foreign_keys", "object_id", "name", "parent_object_id", "referenced_object_id", "key_index_id",
            delete_referential_action_desc=ACTIONS, update_referential_action_desc=ACTIONS, is_disabled=FLAG,
        ),
        catalog(
            "foreign_key_columns", "constraint_object_id", "constraint_column_id", "parent_object_id",
            "parent_column_id", "referenced_object_id", "referenced_column_id",
        ),
        catalog(
            "triggers", "object_id", "name", "parent_id", is_disabled=FLAG, is_instead_of_trigger=FLAG,
            is_ms_shipped=FLAG,
        ),
        catalog("synonyms", "object_id", "name", "schema_id", "base_object_name"),
        catalog("sql_modules", "object_id", "definition", is_schema_bound=FLAG),
        catalog(
            "partitions", "partition_id", "object_id", "index_id", "partition_number", "rows",
            data_compression_desc=of("NONE", "ROW", "PAGE", "COLUMNSTORE", "COLUMNSTORE_ARCHIVE"),
        ),
        catalog("allocation_units", "container_id", "used_pages"),
        catalog(
            "database_files", "file_id", "size", "max_size", "growth",
            type_desc=of("ROWS", "LOG", "FILESTREAM", "FULLTEXT"),
        ),
        catalog("data_spaces", "data_space_id", "name", type=of("FG", "FD", "FX", "PS"), is_default=FLAG),
        catalog(
            "stats", "object_id", "stats_id", "name", "filter_definition", auto_created=FLAG, user_created=FLAG,
            no_recompute=FLAG, has_filter=FLAG,
        ),
        catalog("stats_columns", "object_id", "stats_id", "stats_column_id", "column_id"),
        catalog(
            "sql_expression_dependencies", "referencing_id", "referencing_minor_id", "referenced_id",
            "referenced_minor_id", "referenced_entity_name", "referenced_database_name",
            referencing_class=of("1", "12", "13"), is_schema_bound_reference=FLAG,
        ),
        catalog(
            "database_permissions", "major_id", "minor_id", "grantee_principal_id", "permission_name",
            class_=of("0", "1", "3"), state_desc=of("DENY", "REVOKE", "GRANT", "GRANT_WITH_GRANT_OPTION"),
        ),
        catalog(
            "extended_properties", "major_id", "minor_id", "name", page="extended-properties-catalog-views-sys-{}",
            class_=of("0", "1", "2", "3", "7"),
        ),
        catalog("sensitivity_classifications", "major_id", "minor_id", "label", class_=of("1")),
        catalog("masked_columns", "object_id", "name", "column_id", "masking_function", is_masked=FLAG),
        catalog("security_policies", "object_id", "name", "schema_id", is_enabled=FLAG),
        catalog(
            "security_predicates", "object_id", "target_object_id", "predicate_definition", predicate_type=of("0", "1"),
            predicate_type_desc=of("FILTER", "BLOCK"),
        ),
        catalog("fulltext_index_columns", "object_id", "column_id", "type_column_id"),
        catalog("fulltext_indexes", "object_id", "unique_index_id", is_enabled=FLAG),
        catalog("change_tracking_tables", "object_id", page="change-tracking-catalog-views-sys-{}"),
        dynamic("dm_db_file_space_usage", "database_id", "file_id", "unallocated_extent_page_count"),
        dynamic(
            "dm_os_volume_stats", "database_id", "file_id", "volume_mount_point", "total_bytes", "available_bytes",
        ),
        dynamic(
            "dm_exec_sessions", "session_id", "login_name", "login_time", "program_name", "host_name",
            "host_process_id", "database_id",
            status=of("Running", "Sleeping", "Dormant", "Preconnect"), is_user_process=FLAG,
        ),
        dynamic("dm_tran_session_transactions", "session_id", "transaction_id"),
        dynamic("dm_tran_active_transactions", "transaction_id", "transaction_begin_time"),
        dynamic(
            "dm_hadr_database_replica_states", "database_id", "replica_id", "log_send_queue_size", "redo_queue_size",
            synchronization_state_desc=of(
                "NOT SYNCHRONIZING", "SYNCHRONIZING", "SYNCHRONIZED", "REVERTING", "INITIALIZING"
            ),
            is_local=FLAG,
        ),
        catalog("availability_replicas", "replica_id", "replica_server_name"),
        dynamic(
            "dm_tran_locks", "resource_database_id", "resource_description", "request_session_id",
            "resource_associated_entity_id",
            resource_type=of(
                "DATABASE", "FILE", "OBJECT", "PAGE", "KEY", "EXTENT", "RID", "APPLICATION", "METADATA", "HOBT",
                "ALLOCATION_UNIT", "XACT", "OIB", "ROW_GROUP",
            ),
            request_status=of(
                "GRANT", "CONVERT", "WAIT", "LOW_PRIORITY_CONVERT", "LOW_PRIORITY_WAIT", "ABORT_BLOCKERS",
            ),
        ),
    ]
)  # fmt: skip
"""By name, without `sys.`"""


@dataclass(frozen=True)
class Function:
    """A function: the page below MANUAL, and the legal values of the arguments that are written as literals."""

    page: str
    arguments: Mapping[int, Legal]


def function(name: str, page: str = "functions/{}-transact-sql", **legal: Legal) -> tuple[str, Function]:
    """A function; `_2` are the legal values of its third argument."""
    below = f"t-sql/{page.format(name.lower().replace('_', '-'))}"
    return name, Function(below, {int(place[1:]): values for place, values in legal.items()})


FUNCTIONS = dict(
    [
        *map(
            function,
            (
                "CHARINDEX", "COL_NAME", "COUNT", "COUNT_BIG", "DATALENGTH", "DB_ID", "DB_NAME", "ISNULL", "LEFT",
                "LEN", "LOWER", "MAX", "NCHAR", "OBJECT_ID", "OBJECT_NAME", "QUOTENAME", "REPLACE", "ROW_NUMBER",
                "SCHEMA_ID", "SCHEMA_NAME", "STRING_AGG", "SUBSTRING", "SUM", "SUSER_SNAME", "SYSDATETIME",
                "SYSUTCDATETIME", "UNICODE", "UPPER", "USER_NAME", "XACT_STATE", "DATEADD", "DATEDIFF",
                "GETDATE", "GETUTCDATE",
            ),
        ),
        function("COALESCE", "language-elements/{}-transact-sql"),
        function("CONVERT", "functions/cast-and-convert-transact-sql", _2=of("0", "1", "2", "3", "121", "126", "127")),
        function("HASHBYTES", _0=of("MD2", "MD4", "MD5", "SHA", "SHA1", "SHA2_256", "SHA2_512")),
        function("COLLATIONPROPERTY", _1=of("CodePage", "LCID", "ComparisonStyle", "Version")),
        function("DATABASEPROPERTYEX", _1=of("Collation", "IsReadCommittedSnapshotOn", "Status", "Updateability")),
        function("SERVERPROPERTY", _0=of("babelfish", "Edition", "EngineEdition", "ProductVersion")),
        function("OBJECTPROPERTY", _1=of("ExecIsInsertTrigger", "ExecIsUpdateTrigger", "ExecIsDeleteTrigger")),
        function(
            "HAS_PERMS_BY_NAME",
            _1=of("DATABASE", "OBJECT", "SCHEMA"),
            _2=of(
                "ALTER", "ALTER ANY SECURITY POLICY", "CREATE TABLE", "SELECT", "UNMASK", "UPDATE", "VIEW DEFINITION",
                "VIEW SERVER PERFORMANCE STATE", "VIEW SERVER STATE",
            ),
        ),
        function("APPLOCK_MODE", _0=of("public"), _2=of("Session", "Transaction")),
    ]
)  # fmt: skip
"""`babelfish` is a property of Babelfish for PostgreSQL alone; SQL Server has NULL for one that it does not know."""

PROCEDURES = {
    "sp_getapplock": Function(
        "relational-databases/system-stored-procedures/sp-getapplock-transact-sql",
        {
            1: of("Shared", "Update", "IntentShared", "IntentExclusive", "Exclusive"),
            2: of("Transaction", "Session"),
        },
    ),
    "sp_releaseapplock": Function(
        "relational-databases/system-stored-procedures/sp-releaseapplock-transact-sql",
        {1: of("Transaction", "Session")},
    ),
    "sp_rename": Function(
        "relational-databases/system-stored-procedures/sp-rename-transact-sql",
        {2: of("COLUMN", "DATABASE", "INDEX", "OBJECT", "STATISTICS", "USERDATATYPE")},
    ),
}

ON_OFF = of("ON", "OFF")
SETTINGS = {
    "TRANSACTION ISOLATION LEVEL": of(
        "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE",
    ),
    "LOCK_TIMEOUT": ANY,
    "TEXTSIZE": ANY,
} | dict.fromkeys(
    (
        "ANSI_NULLS", "ANSI_PADDING", "ANSI_WARNINGS", "ARITHABORT", "CONCAT_NULL_YIELDS_NULL", "IMPLICIT_TRANSACTIONS",
        "NOCOUNT", "NOEXEC", "NUMERIC_ROUNDABORT", "QUOTED_IDENTIFIER", "XACT_ABORT",
    ),
    ON_OFF,
)  # fmt: skip
"""https://learn.microsoft.com/en-us/sql/t-sql/statements/set-statements-transact-sql"""

COLLATIONS = {
    "DATABASE_DEFAULT",
    "Latin1_General_BIN2",
    "Latin1_General_CS_AS",
    "Latin1_General_100_CI_AS_SC_UTF8",
    "SQL_Latin1_General_CP1_CI_AS",
}
"""https://learn.microsoft.com/en-us/sql/t-sql/statements/windows-collation-name-transact-sql"""

VARIABLES = {"ERROR", "ROWCOUNT", "SPID", "TRANCOUNT", "VERSION"}
"""https://learn.microsoft.com/en-us/sql/t-sql/functions/functions: those that are written with @@."""

TYPES = {
    "BINARY", "CHAR", "DATETIME2", "DATETIMEOFFSET", "DECIMAL", "IDENTITY", "NCHAR", "NUMERIC", "NVARCHAR", "TIME",
    "VARBINARY", "VARCHAR",
}  # fmt: skip
"""What else stands right before a parenthesis: types with a length, IDENTITY(1,1)."""
