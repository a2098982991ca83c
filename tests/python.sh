#!/bin/bash
# python.sh FOLDER VERSION
# Makes a virtual environment of this version of Python in FOLDER: of one on this machine, pyenv's too, else of Debian's
# packages, which are unpacked beside it; nothing is installed, no root is needed.
set -euo pipefail
folder=$(realpath -m "$1") version=$2

for python in $(type -ap "python$version") "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
  if "$python" -m venv --clear "$folder" 2>/dev/null; then
    exit 0
  fi
done

case $version in 3.11) suite=bookworm ;; 3.13) suite=trixie ;; *) suite=sid ;; esac
unpacked=$folder.debian
"$(dirname "$0")"/servers/fetch.sh "$unpacked" $suite "python$version-venv"
if [ ! -d "$unpacked" ]; then
  echo "python.sh: no Python $version here: it has to be installed" >&2
  exit 1
fi

# it runs with the C library and the loader that were unpacked with it, by a name that is beside its modules
loader=$(echo "$unpacked"/usr/lib/*-linux-gnu*/ld-linux-*.so.*)
cat >"$unpacked/usr/bin/python" <<END
#!/bin/sh
exec $loader --argv0 "\$0" --library-path ${loader%/*} $unpacked/usr/bin/python$version "\$@"
END
chmod +x "$unpacked/usr/bin/python"
"$unpacked/usr/bin/python" -m venv --clear --without-pip "$folder"
wheels=$unpacked/usr/share/python-wheels
"$folder/bin/python" "$(echo "$wheels"/pip-*.whl)/pip" install --quiet --no-index --find-links "$wheels" pip
