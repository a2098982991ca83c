#!/bin/bash
# fetch.sh FOLDER SUITE PACKAGE...
# Unpacks Debian packages and every library they need, the C library included, into FOLDER.
# Nothing is installed, no root is needed, and the machine's own package lists are neither used nor changed.
set -euo pipefail
folder=$(realpath -m "$1") suite=$2
shift 2

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if ! command -v apt-get >/dev/null || [ ! -f $keyring ]; then
  echo "fetch.sh: no Debian here: a server of $1 has to come from Docker or by URL" >&2
  exit 0
fi

# the mirror that this machine uses already
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
mirror=$(grep -v '^#' <<<"$sources" | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 || true)
mirror=${mirror% }

part=$folder.part apt=$folder.apt
rm -rf "$part" "$apt"
mkdir -p "$part/usr/lib" "$apt/lists/partial" "$apt/cache/archives/partial"
ln -s usr/lib "$part/lib"   # older suites have libraries in both
: >"$apt/status"   # as on a machine without a single package, so that every library comes along
cat >"$apt/private.sources" <<END
Types: deb
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: $suite
Components: main
Signed-By: $keyring
END
private_apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$apt/private.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
    -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 \
    -o APT::Install-Recommends=0 "$@"
}
private_apt update
private_apt --yes --download-only install "$@" >/dev/null
for package in "$apt"/cache/archives/*.deb; do
  case ${package##*/} in perl* | libperl* | debconf* | dpkg_* | tar_*) continue ;; esac   # for maintainer scripts only
  dpkg-deb --fsys-tarfile "$package" |
    tar -C "$part" -xf - --no-same-owner --keep-directory-symlink \
      --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*'
done
rm -rf "$apt" "$folder"
mv "$part" "$folder"
