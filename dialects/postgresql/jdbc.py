"""URLs of PgJDBC in the words of libpq, which has most of its options too.

See https://jdbc.postgresql.org/documentation/use/ and
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS.
"""

from __future__ import annotations

import re

from sqlalchemy import URL

from apim_schema import jdbc
from apim_schema.jdbc import Options, Translated

from . import DRIVERS

SUBPROTOCOLS: tuple[str, ...] = ("postgresql",)
TYPES = dict.fromkeys(("postgre", "postgresql"), "jdbc:postgresql://{hostname}:{port}/{name}")

SAME = {name: name for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword", "service", "options")} | {
    "gssEncMode": "gssencmode",
    "kerberosServerName": "krbsrvname",
    "channelBinding": "channel_binding",
    "requireAuth": "require_auth",
}

JAVAS = jdbc.words(
    """adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum allowEncodingChanges ApplicationName
    assumeMinServerVersion autosave binaryTransfer binaryTransferDisable binaryTransferEnable cancelSignalTimeout
    charSet cleanupSavepoints compatible convertBooleanToNumeric databaseMetadataCacheFields
    databaseMetadataCacheFieldsMiB defaultRowFetchSize disableColumnSanitiser escapeSyntaxCallMode
    groupStartupParameters gssResponseTimeout hideUnprivilegedObjects hostRecheckSeconds loadBalanceHosts loggerFile
    loggerLevel logServerErrorDetail logUnclosedConnections maxResultBuffer maxSendBufferSize preferQueryMode
    preparedStatementCacheQueries preparedStatementCacheSizeMiB prepareThreshold protocolVersion
    quoteReturningIdentifiers receiveBufferSize recvBufferSize reWriteBatchedInserts sendBufferSize socketTimeout
    sslResponseTimeout stringtype tcpKeepAlive tcpNoDelay unknownLength xmlFactoryFactory"""
)
"""How Java reads, caches and logs; a session of ours has a name, an encoding and time limits of its own."""


def translate(subprotocol: str, rest: str) -> Translated:
    """`//host:port/database?options`, `database?options` or `//host/`; `currentSchema` names the schema."""
    server, database, options = jdbc.network(rest if rest.startswith("//") else f"//localhost/{rest.lstrip('/')}")
    schema = _first(options.take("currentSchema"))
    query = options.named(SAME) | _tls(options) | _time_limit(options)
    if options.take_like("targetServerType", "primary|master"):
        query["target_session_attrs"] = "read-write"
    options.take_like("targetServerType", "any")
    options.take_like("readOnly", "false")
    url = URL.create(
        DRIVERS["postgresql"],
        options.take("user") or server.user,
        options.take("password") or server.password,
        server.host,
        server.port,
        database,
        query,
    )
    return Translated(url, schema, options.left(JAVAS))


def _first(path: str | None) -> str | None:
    """The schema in which a search path makes tables; the server puts a name without quotes in small letters."""
    found = re.match(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^,"\s]+))', path or "")
    if not found:
        return None
    return found["quoted"].replace('""', '"') if found["quoted"] else found["plain"].lower()


def _tls(options: Options) -> dict[str, str]:
    """`ssl=true` means `verify-full`, and other modes what they mean in libpq.

    See https://jdbc.postgresql.org/documentation/ssl/. With a factory that takes every certificate it is `require`.
    """
    mode, ssl = options.take("sslmode"), options.flag("ssl")
    mode = mode or ("verify-full" if ssl else None)
    if options.take_like("sslfactory", r".*\.NonValidatingFactory") and mode in ("verify-ca", "verify-full"):
        mode = "require"
    options.take_like("sslfactory", r".*\.LibPQFactory")
    return {"sslmode": mode} if mode else {}


def _time_limit(options: Options) -> dict[str, str]:
    """In seconds in both drivers, and 0 is no limit in both."""
    seconds, login = options.number("connectTimeout"), options.number("loginTimeout")
    found = login if seconds is None else seconds
    return {} if found is None else {"connect_timeout": str(found)}
