"""The dialect's modules, as the registry loads them: by name, so that no type checker has to know the folder."""

from __future__ import annotations

from importlib import import_module
from typing import Any

conversion: Any = import_module("apim_schema.dialects.oracle.conversion")
ddl: Any = import_module("apim_schema.dialects.oracle.ddl")
dependents: Any = import_module("apim_schema.dialects.oracle.dependents")
digest: Any = import_module("apim_schema.dialects.oracle.digest")
gone: Any = import_module("apim_schema.dialects.oracle.gone")
impact: Any = import_module("apim_schema.dialects.oracle.impact")
introspect: Any = import_module("apim_schema.dialects.oracle.introspect")
names: Any = import_module("apim_schema.dialects.oracle.names")
obstacles: Any = import_module("apim_schema.dialects.oracle.obstacles")
plsql: Any = import_module("apim_schema.dialects.oracle.plsql")
script: Any = import_module("apim_schema.dialects.oracle.script")
server: Any = import_module("apim_schema.dialects.oracle.server")
session: Any = import_module("apim_schema.dialects.oracle.session")
space: Any = import_module("apim_schema.dialects.oracle.space")
silent: Any = import_module("apim_schema.dialects.oracle.silent")
types: Any = import_module("apim_schema.dialects.oracle.types")
utf8: Any = import_module("apim_schema.dialects.oracle.utf8")
