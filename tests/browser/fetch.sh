#!/bin/bash
# fetch.sh FOLDER
# Unpacks Chromium from Debian's packages into FOLDER; nothing is installed, no root is needed.
set -euo pipefail
folder=$1

"$(dirname "$0")"/../servers/fetch.sh "$folder" bookworm chromium-headless-shell fonts-inter fonts-dejavu-core
if [ ! -d "$folder" ]; then
  echo "fetch.sh: no Chromium here: pages are not looked at" >&2
  exit 0
fi

# Chromium starts itself again, by its own name: so it runs by the machine's loader, which wants the machine's C library
cd "$folder"/usr/lib/*-linux-gnu*
rm -f ld-linux* lib{BrokenLocale,anl,c,dl,m,mvec,nsl,pthread,resolv,rt,thread_db,util}.so.* libc_malloc_debug* \
  libnss_{compat,dns,files,hesiod}.so.* libmemusage.so libpcprofile.so
