"""What a session of ours sets: whatever the server's own settings are, rows read and statements mean the same.

See https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html and
https://mariadb.com/kb/en/server-system-variables/. Only what every login may set is here.
"""

from __future__ import annotations

from collections.abc import Mapping

LOCK_TIMEOUT = 5
"""Seconds that a statement of a script waits for a table that another session holds; all later ones queue up behind it.

Those of a session of ours wait as long as `lock_timeout` says.
"""

# Zero dates stay legal: a copied table may hold some, from the days when they were a TIMESTAMP's implicit default.
SQL_MODE = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
UTF8 = "SET NAMES utf8mb4"
UNLIMITED = 2**64 - 1

EVERYWHERE = {
    "sql_mode": f"'{SQL_MODE}'",
    "time_zone": "'+00:00'",
    "foreign_key_checks": "1",
    "unique_checks": "1",
    "lock_wait_timeout": f"{LOCK_TIMEOUT}",
    "innodb_lock_wait_timeout": f"{LOCK_TIMEOUT}",
    "wait_timeout": "2147483",
    "net_read_timeout": "3600",
    "net_write_timeout": "3600",
    "completion_type": "'NO_CHAIN'",
    "default_storage_engine": "'InnoDB'",
    "max_join_size": f"{UNLIMITED}",
    "sql_big_selects": "1",  # which max_join_size has just changed
    "sql_select_limit": f"{UNLIMITED}",
    "sql_safe_updates": "0",
    "sql_auto_is_null": "0",
    "sql_quote_show_create": "1",
    "group_concat_max_len": "1048576",  # what is cut off would be taken for all
}
SINCE = {
    "!50720": {
        "max_execution_time": "0",
        "transaction_isolation": "'REPEATABLE-READ'",
        "transaction_read_only": "0",
    },
    "!80013": {"use_secondary_engine": "'OFF'"},
    "!80030": {"show_gipk_in_create_table_and_information_schema": "1"},
    "M!100600": {
        "max_statement_time": "0",
        "tx_isolation": "'REPEATABLE-READ'",
        "tx_read_only": "0",
        "check_constraint_checks": "1",
        "alter_algorithm": "'DEFAULT'",
        "sql_if_exists": "0",
        "innodb_compression_default": "0",
    },
}
"""Those of some versions, by the mark of a comment whose inside only they read: `!` is MySQL's, `M!` MariaDB's. See
https://dev.mysql.com/doc/refman/8.4/en/comments.html and https://mariadb.com/kb/en/comment-syntax/."""

WHERE_ALLOWED = (
    "explicit_defaults_for_timestamp = 1",
    "sql_generate_invisible_primary_key = @@sql_generate_invisible_primary_key OR @@sql_require_primary_key",
    "sql_require_primary_key = 0",
    "information_schema_stats_expiry = 0",
)
"""Those for which some versions want a privilege.

Where a primary key is required, new tables get one that nobody sees; some that stand have none, and are altered. How
large a table is, MySQL 8 would say as it was a day ago.
"""
FORBIDDEN = (1193, 1227, 1238)
"""ER_UNKNOWN_SYSTEM_VARIABLE, ER_SPECIFIC_ACCESS_DENIED_ERROR and ER_INCORRECT_GLOBAL_LOCAL_VAR."""


def _assigned(settings: Mapping[str, str]) -> list[str]:
    return [f"SESSION {name} = {value}" for name, value in settings.items()]


def lock_timeout(seconds: int) -> str:
    """Has statements wait for so many seconds for a lock, on a table or on a row."""
    return f"SET SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}"


def _prepare() -> str:
    versioned = [
        f"/*{since}" + "".join(f"\n    {one}," for one in _assigned(settings)) + " */"
        for since, settings in SINCE.items()
    ]
    return "\n    ".join([f"SET {versioned[0]}", *versioned[1:], ",\n    ".join(_assigned(EVERYWHERE))])


PREPARE = _prepare()
"""One statement: a driver takes no more when it connects."""
