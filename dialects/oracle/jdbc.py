"""URLs of Oracle's JDBC drivers in the words of python-oracledb, which has the same connect strings.

See https://docs.oracle.com/en/database/oracle/oracle-database/23/jajdb/ and
https://python-oracledb.readthedocs.io/en/latest/user_guide/connection_handling.html#connection-strings.
"""

from __future__ import annotations

import re

from sqlalchemy import URL

from apim_schema import jdbc
from apim_schema.errors import UsageError
from apim_schema.jdbc import Options, Translated

from . import DRIVERS

SUBPROTOCOLS: tuple[str, ...] = ("oracle",)
TYPES = {"oracle": "jdbc:oracle:thin:@{hostname}:{port}/{sid}"}

FORM = re.compile(r"(?:thin|oci8?):(?:(?P<user>[^/@]*)(?:/(?P<password>.*))?)?@(?P<where>[^@]+)", re.DOTALL)
BY_SID = re.compile(r"(?P<server>\[[^\]]+\]:\d*|[^:/()]+:\d*):(?P<sid>[\w$#.]+)")
BY_SERVICE = re.compile(r"(?:tcp:)?(?://)?(?P<server>\[[^\]]+\](?::\d*)?|[^:/(),]+(?::\d*)?)/(?P<service>[\w$#.-]+)")
ALIAS = re.compile(r"[\w$#.-]+")

NET = re.compile(
    "connect_timeout|transport_connect_timeout|retry_count|retry_delay|expire_time|sdu|wallet_location|https_proxy"
    "|https_proxy_port|ssl_server_dn_match|ssl_server_cert_dn|failover|load_balance|pool_boundary|use_sni",
    re.IGNORECASE,
)
"""What Easy Connect Plus has in both drivers
(https://docs.oracle.com/en/database/oracle/oracle-database/23/netag/configuring-naming-methods.html)."""

JAVAS = re.compile(r"oracle\.jdbc\..+|oracle\.net\.(?:keepAlive|tcp.*|disableOob)|v\$session\..+", re.IGNORECASE)
"""How Java reads, caches and logs."""


def translate(subprotocol: str, rest: str) -> Translated:
    """`thin:user/password@` and a SID, a service, a descriptor or an alias, in each form that the driver has.

    Raises UsageError for another form, and for a directory (LDAP), which the driver can't ask.
    """
    found = FORM.fullmatch(rest)
    if not found:
        raise UsageError("this form of a JDBC URL can't be read", way_out="write jdbc:oracle:thin:@//HOST:1521/SERVICE")
    where, _, given = found["where"].partition("?")
    if re.match(r"(?:ldaps?|https?):", where, re.IGNORECASE):
        raise UsageError(
            "a JDBC URL that asks a directory can't be used", way_out="write jdbc:oracle:thin:@//HOST:1521/SERVICE"
        )
    options = Options(tuple(entry.partition("=")[::2]) for entry in given.split("&"))
    user = options.take("user") or _unquoted(found["user"])
    password = options.take("password") or _unquoted(found["password"])
    return _translated(where.strip(), options, user, password)


def _unquoted(text: str | None) -> str | None:
    return text.removeprefix('"').removesuffix('"') if text else None


def _translated(where: str, options: Options, user: str | None, password: str | None) -> Translated:
    query = options.named({"TNS_ADMIN": "config_dir"})
    net = "&".join(f"{name}={value}" for name, value in options.take_all(NET).items())
    options.take_all(JAVAS)
    host, port, sid = f"{where}?{net}" if net else where, None, None
    if found := None if net else BY_SID.fullmatch(where) or BY_SERVICE.fullmatch(where):
        server = jdbc.server(found["server"])
        host, port, sid = server.host, server.port, found.groupdict().get("sid")
        query |= {} if sid else {"service_name": found["service"]}
    url = URL.create(DRIVERS["oracle"], user, password, host, port, sid, query)
    return Translated(url, None, options.left(()))
