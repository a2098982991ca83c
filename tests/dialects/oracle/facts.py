"""The facts of Oracle that the dialect relies on, from its manual; `check` holds every statement against them.

A simulation answers what its author believes. So what it may be asked is written down here: the views with their
columns and the values that these can have, the functions with the literals that they take, the settings of a session.
Any other view, column, function or literal is an error of the test that sends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MANUAL = "https://docs.oracle.com/en/database/oracle/oracle-database/19/"
REFERENCE, SQL, PACKAGES = f"{MANUAL}refrn/", f"{MANUAL}sqlrf/", f"{MANUAL}arpls/"

Values = frozenset[str] | None
"""The literals that a column or an argument can have, None for any."""


def one_of(*values: str) -> Values:
    return frozenset(values)


YES, Y = one_of("YES", "NO"), one_of("Y", "N")
ENABLED = one_of("ENABLED", "DISABLED")
SCHEMA_OBJECTS = one_of(
    *("TABLE", "INDEX", "SEQUENCE", "TRIGGER", "VIEW", "MATERIALIZED VIEW", "FUNCTION", "PROCEDURE", "PACKAGE"),
    *("PACKAGE BODY", "TYPE", "TYPE BODY", "SYNONYM"),
)
ANY = None


@dataclass(frozen=True)
class View:
    """A view of the data dictionary: its page of the manual is named after it."""

    name: str
    columns: Mapping[str, Values]

    @property
    def page(self) -> str:
        return f"{REFERENCE}{self.name.replace('GV$', 'V$').replace('$', '-')}.html"


def view(name: str, free: str, **limited: Values) -> View:
    """A view; `free` are its columns with any value, `limited` those with a few."""
    return View(name, dict.fromkeys(free.split(), ANY) | limited)


INSTANCE = "INST_ID"
"""What a GV$ view has besides the columns of its V$ view, see the page About Dynamic Performance Views."""
VIEWS = {
    found.name: found
    for found in (
        view("DUAL", "DUMMY"),
        view(
            "ALL_TABLES", "OWNER TABLE_NAME NUM_ROWS",
            TEMPORARY=Y, SECONDARY=Y, NESTED=YES, DROPPED=YES, READ_ONLY=YES,
            IOT_TYPE=one_of("IOT", "IOT_OVERFLOW", "IOT_MAPPING"),
            COMPRESS_FOR=one_of("BASIC", "ADVANCED", "QUERY LOW", "QUERY HIGH", "ARCHIVE LOW", "ARCHIVE HIGH"),
        ),
        view("ALL_EXTERNAL_TABLES", "OWNER TABLE_NAME"),
        view(
            "ALL_TAB_COLS",
            "OWNER TABLE_NAME COLUMN_NAME DATA_TYPE DATA_LENGTH DATA_PRECISION DATA_SCALE COLUMN_ID DEFAULT_LENGTH "
            "DATA_DEFAULT CHAR_LENGTH COLLATION",
            NULLABLE=Y, CHAR_USED=one_of("B", "C"), HIDDEN_COLUMN=YES, VIRTUAL_COLUMN=YES, USER_GENERATED=YES,
            IDENTITY_COLUMN=YES,
        ),
        view(
            "ALL_TAB_COLUMNS", "OWNER TABLE_NAME COLUMN_NAME DATA_TYPE DATA_LENGTH CHAR_LENGTH",
            NULLABLE=Y, CHAR_USED=one_of("B", "C"), IDENTITY_COLUMN=YES,
        ),
        view(
            "ALL_CONSTRAINTS",
            "OWNER TABLE_NAME CONSTRAINT_NAME R_OWNER R_CONSTRAINT_NAME INDEX_NAME SEARCH_CONDITION_VC",
            CONSTRAINT_TYPE=one_of("C", "P", "U", "R", "V", "O", "H", "F", "S"),
            DELETE_RULE=one_of("CASCADE", "SET NULL", "NO ACTION"), STATUS=ENABLED,
        ),
        view("ALL_CONS_COLUMNS", "OWNER CONSTRAINT_NAME TABLE_NAME COLUMN_NAME POSITION"),
        view(
            "ALL_INDEXES", "OWNER INDEX_NAME TABLE_OWNER TABLE_NAME",
            INDEX_TYPE=one_of("NORMAL", "NORMAL/REV", "BITMAP", "FUNCTION-BASED NORMAL", "IOT - TOP", "CLUSTER", "LOB"),
            UNIQUENESS=one_of("UNIQUE", "NONUNIQUE"), STATUS=one_of("VALID", "UNUSABLE", "N/A"),
            VISIBILITY=one_of("VISIBLE", "INVISIBLE"),
        ),
        view(
            "ALL_IND_COLUMNS", "INDEX_OWNER INDEX_NAME TABLE_OWNER TABLE_NAME COLUMN_NAME COLUMN_POSITION",
            DESCEND=one_of("ASC", "DESC"),
        ),
        view("ALL_IND_EXPRESSIONS", "INDEX_OWNER INDEX_NAME COLUMN_EXPRESSION COLUMN_POSITION"),
        view("ALL_SEQUENCES", "SEQUENCE_OWNER SEQUENCE_NAME INCREMENT_BY LAST_NUMBER CACHE_SIZE", ORDER_FLAG=Y),
        view(
            "ALL_TRIGGERS",
            "OWNER TRIGGER_NAME TRIGGER_TYPE TRIGGERING_EVENT TABLE_OWNER TABLE_NAME REFERENCING_NAMES WHEN_CLAUSE "
            "TRIGGER_BODY",
            BASE_OBJECT_TYPE=one_of("TABLE", "VIEW", "SCHEMA", "DATABASE"), STATUS=ENABLED,
        ),
        view(
            "ALL_TRIGGER_COLS", "TRIGGER_OWNER TRIGGER_NAME TABLE_OWNER TABLE_NAME COLUMN_NAME COLUMN_USAGE",
            COLUMN_LIST=YES,
        ),
        view("ALL_ERRORS", "OWNER NAME", TYPE=SCHEMA_OBJECTS, ATTRIBUTE=one_of("ERROR", "WARNING")),
        view("ALL_OBJECTS", "OWNER OBJECT_NAME OBJECT_ID", OBJECT_TYPE=SCHEMA_OBJECTS),
        view(
            "ALL_DEPENDENCIES", "OWNER NAME REFERENCED_OWNER REFERENCED_NAME",
            TYPE=SCHEMA_OBJECTS, REFERENCED_TYPE=SCHEMA_OBJECTS,
        ),
        view(
            "ALL_SOURCE", "OWNER NAME LINE TEXT",
            TYPE=one_of(
                *("FUNCTION", "JAVA SOURCE", "LIBRARY", "PACKAGE", "PACKAGE BODY", "PROCEDURE", "TRIGGER", "TYPE"),
                *("TYPE BODY",),
            ),
        ),
        view("ALL_SYNONYMS", "OWNER SYNONYM_NAME TABLE_OWNER TABLE_NAME DB_LINK"),
        view("ALL_VIEWS", "OWNER VIEW_NAME TEXT TEXT_VC"),
        view("ALL_MVIEWS", "OWNER MVIEW_NAME QUERY"),
        view("ALL_MVIEW_LOGS", "LOG_OWNER MASTER LOG_TABLE"),
        view("ALL_STAT_EXTENSIONS", "OWNER TABLE_NAME EXTENSION_NAME EXTENSION CREATOR", DROPPABLE=YES),
        view("ALL_PART_KEY_COLUMNS", "OWNER NAME COLUMN_NAME", OBJECT_TYPE=one_of("TABLE", "INDEX")),
        view("ALL_SUBPART_KEY_COLUMNS", "OWNER NAME COLUMN_NAME", OBJECT_TYPE=one_of("TABLE", "INDEX")),
        view("ALL_COL_PRIVS", "GRANTOR GRANTEE TABLE_SCHEMA TABLE_NAME COLUMN_NAME PRIVILEGE"),
        view("ALL_COL_COMMENTS", "OWNER TABLE_NAME COLUMN_NAME COMMENTS"),
        view("ALL_LOG_GROUP_COLUMNS", "OWNER LOG_GROUP_NAME TABLE_NAME COLUMN_NAME"),
        view("ALL_POLICIES", "OBJECT_OWNER OBJECT_NAME POLICY_NAME", SEL=YES, ENABLE=YES),
        view("ALL_AUDIT_POLICY_COLUMNS", "OBJECT_SCHEMA OBJECT_NAME POLICY_NAME POLICY_COLUMN"),
        view("REDACTION_COLUMNS", "OBJECT_OWNER OBJECT_NAME COLUMN_NAME"),
        view("REDACTION_POLICIES", "OBJECT_OWNER OBJECT_NAME POLICY_NAME", ENABLE=YES),
        view(
            "USER_SEGMENTS", "SEGMENT_NAME TABLESPACE_NAME BYTES",
            SEGMENT_TYPE=one_of(
                *("NESTED TABLE", "TABLE", "TABLE PARTITION", "TABLE SUBPARTITION", "CLUSTER", "LOBINDEX"),
                *("INDEX", "INDEX PARTITION", "INDEX SUBPARTITION", "LOBSEGMENT", "LOB PARTITION", "LOB SUBPARTITION"),
                *("ROLLBACK", "DEFERRED ROLLBACK", "TYPE2 UNDO", "TEMPORARY", "CACHE", "SPACE HEADER"),
            ),
        ),
        view("USER_INDEXES", "INDEX_NAME TABLE_NAME"),
        view("USER_LOBS", "TABLE_NAME SEGMENT_NAME"),
        view("USER_FREE_SPACE", "TABLESPACE_NAME BYTES"),
        view("USER_TS_QUOTAS", "TABLESPACE_NAME BYTES MAX_BYTES", DROPPED=YES),
        view("SESSION_PRIVS", "PRIVILEGE"),
        view("NLS_SESSION_PARAMETERS", "VALUE", PARAMETER=one_of("NLS_LENGTH_SEMANTICS", "NLS_SORT", "NLS_COMP")),
        view("NLS_DATABASE_PARAMETERS", "VALUE", PARAMETER=one_of("NLS_CHARACTERSET", "NLS_NCHAR_CHARACTERSET")),
        view("V$VERSION", "BANNER"),
        view("V$DATABASE", "NAME", OPEN_MODE=one_of("MOUNTED", "READ WRITE", "READ ONLY", "READ ONLY WITH APPLY")),
        view("V$PDBS", "CON_ID", OPEN_MODE=one_of("MOUNTED", "READ WRITE", "READ ONLY", "MIGRATE")),
        view("GV$LOCK", f"{INSTANCE} SID ID1 ID2 LMODE CTIME", TYPE=one_of("UL", "TM", "TX")),
        view("GV$TRANSACTION", f"{INSTANCE} ADDR START_DATE"),
        view(
            "V$ARCHIVE_DEST_STATUS", "DEST_NAME GAP_STATUS",
            TYPE=one_of("LOCAL", "PHYSICAL", "CROSS-INSTANCE", "LOGICAL", "SNAPSHOT", "DOWNSTREAM", "UNKNOWN"),
            STATUS=one_of("VALID", "INACTIVE", "DEFERRED", "ERROR", "DISABLED", "BAD PARAM", "ALTERNATE", "FULL"),
        ),
        view(
            "GV$SESSION", f"{INSTANCE} TADDR SID USERNAME PROGRAM MACHINE MODULE SCHEMANAME",
            TYPE=one_of("USER", "BACKGROUND", "RECURSIVE"), STATUS=one_of("ACTIVE", "INACTIVE", "KILLED", "CACHED"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Function:
    """A function or procedure, and the literals that its arguments can be, by their place from 0."""

    page: str
    literals: Mapping[int, Values]


def built_in(*names: str, **more: Values) -> dict[str, Function]:
    return {name: Function(f"{SQL}{name}.html", {}) for name in names}


FUNCTIONS = {
    **built_in("COUNT", "SUM", "TO_CHAR", "TO_CLOB", "TO_BLOB", "HEXTORAW", "RAWTOHEX", "TO_NUMBER", "SUBSTR", "INSTR"),
    **built_in("COALESCE", "CAST", "SYS_EXTRACT_UTC", "REGEXP_REPLACE"),
    **built_in("REPLACE", "TRIM", "LISTAGG", "LENGTH", "LENGTHB", "LOWER", "UPPER", "XMLSERIALIZE", "JSON_SERIALIZE"),
    "REGEXP_LIKE": Function(f"{SQL}Pattern-matching-Conditions.html", {2: one_of("i", "c", "n", "m", "x")}),
    "STANDARD_HASH": Function(
        f"{SQL}STANDARD_HASH.html", {1: one_of("SHA1", "SHA256", "SHA384", "SHA512", "MD5")}
    ),
    "SYS_CONTEXT": Function(
        f"{SQL}SYS_CONTEXT.html",
        {0: one_of("USERENV"),
         1: one_of("CURRENT_SCHEMA", "SESSION_USER", "SID", "SESSIONID", "INSTANCE", "DATABASE_ROLE", "CON_ID")},
    ),
    "NLS_CHARSET_ID": Function(
        f"{SQL}NLS_CHARSET_ID.html", {0: one_of("AL32UTF8", "UTF8", "AL16UTF16", "WE8ISO8859P1", "US7ASCII")}
    ),
    "DBMS_CRYPTO.HASH": Function(f"{PACKAGES}DBMS_CRYPTO.html", {1: one_of(*map(str, range(1, 7)))}),
    "DBMS_LOB.GETLENGTH": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.COMPARE": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.TRIM": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.CREATETEMPORARY": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.FREETEMPORARY": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.CONVERTTOBLOB": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.CONVERTTOCLOB": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "DBMS_LOB.SUBSTR": Function(f"{PACKAGES}DBMS_LOB.html", {}),
    "RAISE_APPLICATION_ERROR": Function(f"{MANUAL}lnpls/plsql-error-handling.html", {}),
}  # fmt: skip

SETTINGS = {
    "DDL_LOCK_TIMEOUT": re.compile(r"\d{1,7}"),
    "TIME_ZONE": re.compile(r"'[+-]\d\d:\d\d'"),
    "NLS_COMP": re.compile("BINARY|LINGUISTIC|ANSI"),
    "NLS_SORT": re.compile("BINARY"),
    "CURRENT_SCHEMA": re.compile(r'"?[\w$#]+"?'),
}
"""What ALTER SESSION SET takes, see the page ALTER-SESSION and those of the parameters."""

SPOKEN = """
    SELECT FROM WHERE AND OR NOT IN IS NULL AS ON LEFT JOIN EXISTS CASE WHEN THEN ELSE END ORDER BY GROUP DISTINCT
    UNION ALL LIKE WITHIN OVERFLOW TRUNCATE ROWNUM ROWID INTO FETCH FIRST ROWS ONLY CONTENT RETURNING CLOB BLOB BEGIN
    DECLARE SYSDATE SYSTIMESTAMP DATE INTEGER VARCHAR2 FOR WHILE LOOP IF EXECUTE IMMEDIATE USER"""
WORDS = frozenset(SPOKEN.split())
"""Words of SQL and PL/SQL that stand in statements which ask the dictionary."""
TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<quoted>"[^"]*")|(?P<bind>:\w+)|(?P<name>[A-Za-z][\w$#]*(?:\.[A-Za-z][\w$#]*)*)"""
    r"""|(?P<number>\d+)|(?P<sign><>|<=|>=|\|\||:=|\S)"""
)
DICTIONARY = re.compile(r"(?:ALL|USER|DBA|CDB|NLS|SESSION|REDACTION)_[A-Z_]+|G?V\$\w+|DUAL")
DYNAMIC = re.compile(r"'(?:SELECT|DECLARE|BEGIN|ALTER|CREATE|DROP|GRANT)\b")
SQL_CALLS = re.compile(r"^(?:SELECT|BEGIN|DECLARE)\b")


class Unknown(AssertionError):
    """A statement relies on something that is none of the facts."""


def check(sql: str) -> None:
    """Raises Unknown where a statement asks for a view, a column, a function or a literal that Oracle does not have."""
    for problem in problems(sql):
        raise Unknown(f"{problem}: {sql}")


def problems(sql: str) -> Iterator[str]:
    if setting := re.fullmatch(r"ALTER SESSION SET (\w+) = (.+)", sql):
        known = SETTINGS.get(setting[1])
        if known is None or not known.fullmatch(setting[2]):
            yield f"no setting {setting[1]} = {setting[2]}"
        return
    if not SQL_CALLS.match(sql.strip()):
        return
    tokens = [(str(found.lastgroup), found[0]) for found in TOKEN.finditer(sql)]
    yield from _dynamic(tokens)
    yield from _calls(tokens)
    for statement in _statements(tokens):
        yield from _columns(statement)


def _statements(tokens: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """What stands between semicolons: a block's other statements are no query of the dictionary."""
    ends = [place for place, (_, token) in enumerate(tokens) if token == ";"]
    return (tokens[begin:end] for begin, end in zip([0, *ends], [*ends, len(tokens)], strict=True))


def _dynamic(tokens: list[tuple[str, str]]) -> Iterator[str]:
    """A statement within a literal."""
    for kind, token in tokens:
        if kind == "text" and DYNAMIC.match(token):
            yield from problems(token[1:-1].replace("''", "'"))


def _calls(tokens: list[tuple[str, str]]) -> Iterator[str]:
    for place, (kind, token) in enumerate(tokens[:-1]):
        if kind == "name" and tokens[place + 1][1] == "(" and token == token.upper() and token not in WORDS:
            if token not in FUNCTIONS:
                if not _is_table(tokens, place):
                    yield f"no function {token}"
                continue
            for number, argument in enumerate(_arguments(tokens, place + 2)):
                legal = FUNCTIONS[token].literals.get(number)
                if legal is not None and len(argument) == 1 and argument[0][1].strip("'") not in legal:
                    yield f"{token} takes no {argument[0][1]}, see {FUNCTIONS[token].page}"


def _is_table(tokens: list[tuple[str, str]], place: int) -> bool:
    return place > 0 and tokens[place - 1][1] in ("TABLE", "INTO", "ON", "REFERENCES")


def _arguments(tokens: list[tuple[str, str]], place: int) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = [[]]
    depth = 0
    for token in tokens[place:]:
        depth += {"(": 1, ")": -1}.get(token[1], 0)
        if depth < 0:
            break
        if token[1] == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    return found


def _columns(tokens: list[tuple[str, str]]) -> Iterator[str]:
    """The columns of a statement that asks views of the dictionary and nothing else."""
    views: list[str] = []
    aliases: dict[str, list[str]] = {}
    for place, (kind, token) in enumerate(tokens):
        if kind == "name" and place and tokens[place - 1][1] in ("FROM", "JOIN") and DICTIONARY.fullmatch(token):
            if token not in VIEWS:
                yield f"no view {token}"
                continue
            views.append(token)
            after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
            if re.fullmatch("[a-z]", after):
                aliases.setdefault(after, []).append(token)
    for place, (kind, token) in enumerate(tokens):
        if kind != "name" or not set(views) - {"DUAL"}:
            continue
        alias, _, column = token.rpartition(".")
        if not re.fullmatch("[A-Z][A-Z0-9_$#]*", column) or _no_column(tokens, place, alias, aliases):
            continue
        among = aliases.get(alias, views)
        having = [VIEWS[name].columns[column] for name in among if column in VIEWS[name].columns]
        if not having:
            yield f"{' and '.join(dict.fromkeys(among))} has no column {column}, see {VIEWS[among[0]].page}"
        elif len(having) == 1 or alias:
            yield from _literals(tokens, place, column, having[0])


def _no_column(tokens: list[tuple[str, str]], place: int, alias: str, aliases: Mapping[str, list[str]]) -> bool:
    """Whether a name is a word, a function, a view, a label or another table's column."""
    token = tokens[place][1]
    before, after = tokens[place - 1][1] if place else "", tokens[place + 1][1] if place + 1 < len(tokens) else ""
    if alias:
        return alias not in aliases
    return token in WORDS or after == "(" or before in ("FROM", "JOIN", "AS", ".") or token in FUNCTIONS


def _literals(tokens: list[tuple[str, str]], place: int, column: str, legal: Values) -> Iterator[str]:
    """The literals that a column is compared with, an IN list included; TRIM(COLUMN) is the column."""
    rest = tokens[place + 1 :]
    if rest and rest[0][1] == ")" and place > 1 and tokens[place - 2][1] == "TRIM":
        rest = rest[1:]
    if not rest or legal is None or rest[0][1] not in ("=", "<>", "IN", "NOT"):
        return
    listed = rest[1:2] if rest[0][1] in ("=", "<>") else _until_closed(rest)
    for kind, literal in listed:
        if kind == "text" and literal[1:-1] not in legal:
            yield f"{column} is never {literal}: it is one of {', '.join(sorted(legal))}"


def _until_closed(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    closing = next((place for place, (_, token) in enumerate(tokens) if token == ")"), 0)
    return tokens[:closing]
