"""URLs of MySQL Connector/J and MariaDB Connector/J in the words of PyMySQL.

See https://dev.mysql.com/doc/connector-j/en/connector-j-connp-props-security.html,
https://mariadb.com/docs/connectors/mariadb-connector-j/about-mariadb-connector-j and
https://pymysql.readthedocs.io/en/latest/modules/connections.html.
"""

from __future__ import annotations

import math
import ssl

from sqlalchemy import URL

from apim_schema import jdbc
from apim_schema.errors import UsageError
from apim_schema.jdbc import Options, Translated

from . import DRIVERS

SUBPROTOCOLS: tuple[str, ...] = ("mysql", "mariadb")
TYPES = {name: f"jdbc:{name}://{{hostname}}:{{port}}/{{name}}" for name in SUBPROTOCOLS}

DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY = (
    *("disabled", "preferred", "required", "verify_ca", "verify_identity"),
)
"""The modes of TLS, as the server's own clients call them."""

MODES_OF_MARIADB = {
    **dict.fromkeys(("disable", "disabled", "0", "false"), DISABLED),
    **dict.fromkeys(("trust", "required"), REQUIRED),
    **dict.fromkeys(("verify_full", "verify_identity", "1", "true"), VERIFY_IDENTITY),
}
"""What MariaDB's driver calls them, in small letters and with underscores (`SslMode.java`)."""

SAME = {"localSocket": "unix_socket", "localSocketAddress": "bind_address"}

FILE = r"(?!classpath:|-----).+"
"""A certificate that is neither one of Java's resources nor written out."""

JAVAS = jdbc.words(
    """allowLoadLocalInfile allowLoadLocalInfileInPath allowLocalInfile allowMasterDownConnections allowMultiQueries
    allowNanAndInf allowPublicKeyRetrieval allowReplicaDownConnections allowSlaveDownConnections
    allowSourceDownConnections allowUrlInLocalInfile alwaysSendSetIsolation assureReadOnly autoClosePStmtStreams
    autocommit autoDeserialize autoGenerateTestcaseScript autoReconnect autoReconnectForPools autoSlowLog
    blankTableNameMeta blobsAreStrings blobSendChunkSize cacheCallableStatements cacheCallableStmts
    cacheDefaultTimezone cachePrepStmts cacheResultSetMetadata cacheServerConfiguration callableStmtCacheSize
    characterEncoding characterSetResults clientCertificateKeyStorePassword clientCertificateKeyStoreType
    clientInfoProvider clobberStreamingResults clobCharacterEncoding compensateOnDuplicateKeyUpdateCounts
    connectionAttributes connectionCollation connectionLifecycleInterceptors connectionTimeZone continueBatchOnError
    customCharsetMapping databaseTerm defaultFetchSize detectCustomCollations disablePipeline
    disconnectOnExpiredPasswords dontCheckOnDuplicateKeyUpdateInSQL dontTrackOpenResources dumpQueriesOnException
    elideSetAutoCommits emptyStringsConvertToZero emulateLocators emulateUnsupportedPstmts enableEscapeProcessing
    enablePacketDebug enableQueryTimeouts ensureSocketState exceptionInterceptors explainSlowQueries failOverReadOnly
    fallbackToSystemKeyStore fallbackToSystemTrustStore forceConnectionTimeZoneToSession functionsNeverReturnBlobs
    gatherPerfMetrics generateSimpleParameterMetadata geometryDefaultType getProceduresReturnsFunctions ha.enableJMX
    haEnableJMX holdResultsOpenOverStatementClose ignoreNonTxTables includeInnodbStatusInDeadlockExceptions
    includeThreadDumpInDeadlockExceptions includeThreadNames includeThreadNamesAsStatementComment initialTimeout
    interactiveClient jdbcCompliantTruncation keyStorePassword keyStoreType largeRowSizeThreshold
    locatorFetchBufferSize log logger logSlowQueries logXaCommands maintainTimeStats maxAllowedPacket maxIdleTime
    maxPoolSize maxQuerySizeToLog maxReconnects maxRows metadataCacheSize minPoolSize netTimeoutForStreamingResults
    noAccessToProcedureBodies noDatetimeStringSync nullCatalogMeansCurrent nullDatabaseMeansCurrent
    oldModeNoPrecisionTimestamp overrideSupportsIntegrityEnhancementFacility packetDebugBufferSize padCharsWithSpace
    paranoid parseInfoCacheFactory passwordCharacterEncoding pedantic permitMysqlScheme
    pinGlobalTxToPhysicalConnection pool poolName poolValidMinDelay populateInsertRowWithDefaultValues
    prepStmtCacheSize prepStmtCacheSqlLimit preserveInstants processEscapeCodesForPrepStmts profilerEventHandler
    profileSQL queriesBeforeRetryMaster queriesBeforeRetrySource queryInterceptors queryTimeoutKillsConnection
    quietMode readFromMasterWhenNoSlaves readFromSourceWhenNoReplicas readOnlyPropagatesToServer reconnectAtTxEnd
    registerJmxPool reportMetricsIntervalMillis resourceId resultSetSizeThreshold retriesAllDown
    returnMultiValuesGeneratedIds rewriteBatchedStatements rollbackOnPooledClose scrollTolerantForwardOnly
    secondsBeforeRetryMaster secondsBeforeRetrySource selfDestructOnPingMaxOperations
    selfDestructOnPingSecondsLifetime sendFractionalSeconds sendFractionalSecondsForTime serverAffinityOrder
    serverConfigCacheFactory serverTimezone sharedMemory slowQueryThresholdMillis slowQueryThresholdNanos
    socketTimeout staticGlobal strictUpdates tcpAbortiveClose tcpKeepAlive tcpKeepCount tcpKeepIdle tcpKeepInterval
    tcpNoDelay tcpRcvBuf tcpSndBuf tcpTrafficClass timestampAsObject timezone tinyInt1isBit traceProtocol
    trackSessionState transactionIsolation transactionReplay transactionReplaySize transformedBitIsBoolean
    treatMysqlDatetimeAsTimestamp treatUtilDateAsTimestamp trustCertificateKeyStorePassword
    trustCertificateKeyStoreType trustStoreType ultraDevHack useAffectedRows useBatchMultiSend useBatchMultiSendNumber
    useBulkStmts useCharacterEncoding useColumnNamesInFindColumn useCompression useConfigs useCursorFetch
    useFastDateParsing useFastIntParsing useHostsInPrivileges useInformationSchema useJDBCCompliantTimezoneShift
    useJvmCharsetConverters useLegacyDatetimeCode useLocalSessionState useLocalTransactionState useMysqlConnector
    useMysqlMetadata useNanosForElapsedTime useOldAliasMetadataBehavior useOldUTF8Behavior useOnlyServerErrorMessages
    usePipelineAuth useReadAheadInput useResetConnection useServerPrepStmts useSqlStateCodes
    useSSPSCompatibleTimezoneShift useStreamLengthsInPrepStmts useTimezone useUnbufferedInput useUnicode
    useUsageAdvisor utf8OutsideBmp uuidAsString verifyConnection yearIsDateType zeroDateTimeBehavior"""
)
"""How Java reads, caches and logs; a session of ours has an encoding, a time zone and time limits of its own.

The driver asks for the server's public key where it needs it, and says so where it does not trust it.
"""


def translate(subprotocol: str, rest: str) -> Translated:
    """`//host:port/database?options`, of one server. MariaDB's driver takes values as they stand."""
    server, database, options = jdbc.network(rest) if subprotocol == "mysql" else jdbc.network(rest, str)
    mode, authorities = _mode(options) if subprotocol == "mysql" else _mode_of_mariadb(options)
    query = _tls(mode, authorities) | _time_limit(options) | options.named(SAME)
    url = URL.create(
        DRIVERS[subprotocol],
        options.take("user") or server.user,
        options.take("password") or server.password,
        server.host,
        server.port,
        database,
        query,
    )
    return Translated(url, None, options.left(JAVAS))


def _mode(options: Options) -> tuple[str, str | None]:
    """`sslMode`, which the older three are translated into.

    See https://dev.mysql.com/doc/connector-j/en/connector-j-reference-using-ssl.html. Its authorities are in a key
    store of Java's.
    """
    mode = options.take("sslMode")
    use, require, verify = (options.flag(name) for name in ("useSSL", "requireSSL", "verifyServerCertificate"))
    older = DISABLED if use is False else VERIFY_CA if verify else REQUIRED if require else PREFERRED
    return (mode.lower() if mode else older), None


def _mode_of_mariadb(options: Options) -> tuple[str, str | None]:
    """`sslMode`, over which its forerunner counts more, by `Configuration.java`; without them the driver has no TLS.

    `serverSslCert` is the file of the authorities. See
    https://mariadb.com/docs/connectors/mariadb-connector-j/using-tls-ssl-with-mariadb-java-connector.
    """
    mode, use = (options.take("sslMode") or "").lower().replace("-", "_"), options.flag("useSsl", "useSSL")
    trust, no_name = options.flag("trustServerCertificate"), options.flag("disableSslHostnameVerification")
    authorities = options.take_like("serverSslCert", FILE)
    if use:
        return (REQUIRED if trust else VERIFY_CA if no_name else VERIFY_IDENTITY), authorities
    return MODES_OF_MARIADB.get(mode, mode) or (PREFERRED if use is None else DISABLED), authorities


def _tls(mode: str, authorities: str | None) -> dict[str, str]:
    """The driver's options for a mode. Raises UsageError for one that there is not."""
    if mode in (VERIFY_CA, VERIFY_IDENTITY):
        name = {} if mode == VERIFY_IDENTITY else {"ssl_check_hostname": "false"}
        return ({"ssl_ca": authorities} if authorities else _system_authorities()) | name
    known = {DISABLED: {"ssl_disabled": "true"}, PREFERRED: {}, REQUIRED: {"ssl_verify_cert": "false"}}
    if mode not in known:
        raise UsageError("sslMode in a JDBC URL is none of its driver's")
    return known[mode]


def _system_authorities() -> dict[str, str]:
    """The authorities that this machine trusts: the driver verifies a host's name only where it is told of some."""
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not paths.capath:
        raise UsageError("a JDBC URL asks for a certificate to be verified, and this machine has no authorities")
    return {"ssl_ca": paths.cafile} if paths.cafile else {"ssl_capath": str(paths.capath)}


def _time_limit(options: Options) -> dict[str, str]:
    """Of milliseconds, whole seconds; 0 is no limit, which the driver does not have."""
    found = options.number("connectTimeout")
    return {"connect_timeout": str(math.ceil(found / 1000))} if found and found > 0 else {}
