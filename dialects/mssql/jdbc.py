"""URLs of Microsoft's JDBC driver in the words of its ODBC driver.

See https://learn.microsoft.com/en-us/sql/connect/jdbc/building-the-connection-url,
https://learn.microsoft.com/en-us/sql/connect/jdbc/setting-the-connection-properties and
https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute.
"""

from __future__ import annotations

import re
from importlib import import_module

from sqlalchemy import URL

from apim_schema import jdbc
from apim_schema.errors import UsageError
from apim_schema.jdbc import Options, Translated

from . import DRIVERS

SUBPROTOCOLS: tuple[str, ...] = ("sqlserver",)
TYPES = {"mssql": "jdbc:sqlserver://{hostname}:{port};databaseName={name};SendStringParametersAsUnicode=false"}

FORM = re.compile(
    r"//(?P<server>[^;\\:/,]*)(?:\\+(?P<instance>[^;:\\]+))?(?::(?P<port>\d*))?/?(?:;(?P<options>.*))?", re.DOTALL
)
OPTION = re.compile(r"\s*(?P<name>[^=;{}]+)=(?P<value>\{(?:[^}]|\}\})*\}|[^;]*)(?:;|$)", re.DOTALL)
"""A value in braces may hold anything; a closing brace in it is written twice."""

PREFERRED_DRIVER = "ODBC Driver 18 for SQL Server"
"""What is asked for where none is installed, so that the driver manager's message names it."""

YES_OR_NO = {"trustServerCertificate": "TrustServerCertificate", "multiSubnetFailover": "MultiSubnetFailover"}
SAME = {
    "hostNameInCertificate": "HostnameInCertificate",
    "serverCertificate": "ServerCertificate",
    "serverSpn": "ServerSPN",
    "workstationID": "WSID",
    "ipAddressPreference": "IpAddressPreference",
    "connectRetryCount": "ConnectRetryCount",
    "connectRetryInterval": "ConnectRetryInterval",
}
ENCRYPT = {"true": "yes", "mandatory": "yes", "false": "no", "optional": "no", "strict": "strict"}
AUTHENTICATION = "ActiveDirectory(?:Password|Integrated|Interactive|MSI|ServicePrincipal)|SqlPassword"
"""What both drivers have under one name."""

USUAL = {
    "applicationIntent": "ReadWrite",
    "authentication": "NotSpecified",
    "authenticationScheme": "nativeAuthentication|JavaKerberos",
    "columnEncryptionSetting": "Disabled",
}
"""What is so in any case: other values of these are more than can be taken over."""

JAVAS = jdbc.words(
    """applicationName cacheBulkCopyMetadata calcBigDecimalPrecision cancelQueryTimeout delayLoadingLobs
    disableStatementPooling enablePrepareOnFirstPreparedStatementCall ignoreOffsetOnDateTimeOffsetConversion
    lastUpdateCount lockTimeout loginTimeout maxResultBuffer packetSize prepareMethod quotedIdentifier queryTimeout
    responseBuffering retryConn retryExec selectMethod sendBulkCopyPrepStmtParameters sendStringParametersAsUnicode
    sendTemporalDataTypesAsStringForBulkCopy sendTimeAsDatetime serverNameAsACE serverTimeZone
    serverPreparedStatementDiscardThreshold socketTimeout sslProtocol statementPoolingCacheSize
    transparentNetworkIPResolution trustStorePassword trustStoreType useBulkCopyForBatchInsert useDefaultGSSCredential
    useDefaultJaasConfig useFmtOnly vectorTypeSupport xopenStates"""
)
"""How Java reads, caches and logs; a session of ours has a time limit for locks of its own."""


def translate(subprotocol: str, rest: str) -> Translated:
    r"""`//host\instance:port;name=value;name=value`. A port counts more than an instance, as it does there.

    Raises UsageError for another form.
    """
    found = FORM.fullmatch(rest)
    if not found:
        raise UsageError("this form of a JDBC URL can't be read, or is of several servers", way_out=jdbc.ONE_SERVER)
    given = OPTION.finditer(found["options"] or "")
    options = Options((entry["name"].strip(), _plain(entry["value"])) for entry in given)
    host = found["server"] or options.take("serverName", "server") or "localhost"
    instance = found["instance"] or options.take("instanceName")
    port = options.number("portNumber") or options.number("port") or int(found["port"] or 0)
    url = URL.create(
        DRIVERS["mssql"],
        options.take("user", "userName"),
        options.take("password"),
        host if port or not instance else f"{host}\\{instance}",
        port or None,
        options.take("databaseName", "database"),
        {"driver": _driver()} | _options(options),
    )
    return Translated(url, None, options.left(JAVAS))


def _plain(value: str) -> str:
    return value[1:-1].replace("}}", "}") if value.startswith("{") else value.strip()


def _options(options: Options) -> dict[str, str]:
    """The driver's options. Windows' own login, or Kerberos, is what `integratedSecurity` stands for in both."""
    found = options.named(SAME)
    given = {name: options.flag(java) for java, name in YES_OR_NO.items()}
    found |= {name: "yes" if flag else "no" for name, flag in given.items() if flag is not None}
    if encrypt := options.take_like("encrypt", "|".join(ENCRYPT)):
        found["Encrypt"] = ENCRYPT[encrypt.lower()]
    if authentication := options.take_like("authentication", AUTHENTICATION):
        found["Authentication"] = authentication
    if options.flag("integratedSecurity"):
        found["Trusted_Connection"] = "yes"
    for name, usual in USUAL.items():
        options.take_like(name, usual)
    return found


def _driver() -> str:
    """The newest of Microsoft's ODBC drivers that is installed, else FreeTDS, else the one to install.

    JDBC's own URL names none, and the driver manager needs one.
    """
    try:
        installed = import_module("pyodbc").drivers()
    except ImportError:  # the driver itself, or the driver manager's library: said when it is connected
        return PREFERRED_DRIVER
    of_microsoft = sorted(name for name in installed if re.fullmatch(r"ODBC Driver \d+ for SQL Server", name))
    return next(reversed(of_microsoft), "FreeTDS" if "FreeTDS" in installed else PREFERRED_DRIVER)
