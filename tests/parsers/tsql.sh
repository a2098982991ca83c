#!/bin/bash
# tsql.sh FOLDER PYTHON
# Makes the T-SQL checker in FOLDER: mono from Debian's packages, Microsoft's parser from a wheel. Nothing is
# installed, no root is needed.
set -euo pipefail
folder=$1 python=$2
here=$(dirname "$0")
mkdir -p "$folder"

"$here"/../servers/fetch.sh "$folder"/mono bookworm mono-devel
if [ ! -d "$folder"/mono ]; then
  echo "tsql.sh: no mono here: T-SQL is not judged" >&2
  exit 0
fi

# https://www.nuget.org/packages/Microsoft.SqlServer.TransactSql.ScriptDom, as the command line client carries it
dll=Microsoft.SqlServer.TransactSql.ScriptDom.dll
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" mssql-cli==1.0.0
"$python" - "$folder" $dll <<'END'
import sys, zipfile
from pathlib import Path
folder, dll = Path(sys.argv[1]), sys.argv[2]
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    (folder / dll).write_bytes(archive.read(f"mssqlcli/mssqltoolsservice/bin/{dll}"))
wheel.unlink()
END

mono=$folder/mono/usr
MONO_CFG_DIR=$folder/mono/etc "$mono"/bin/mono-sgen "$mono"/lib/mono/4.5/mcs.exe -out:"$folder"/tsqlcheck.exe \
  -r:"$mono"/lib/mono/4.5/Facades/netstandard.dll -r:"$folder"/$dll "$here"/tsqlcheck.cs
