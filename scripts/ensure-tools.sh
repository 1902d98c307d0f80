#!/usr/bin/env bash
# What tests need from outside npm: real clients and a C compiler. As root on Debian they are installed; otherwise it is said, loudly,
# which are missing and what is skipped for it. Under CI=true a missing tool is a failure, because nothing may be skipped there.
set -euo pipefail

missing=()
lost=()
need() { # PACKAGE, WHAT IS SKIPPED WITHOUT IT, COMMAND THAT SUCCEEDS WHEN IT IS THERE…
  if ! "${@:3}" >/dev/null 2>&1; then
    missing+=("$1")
    lost+=("$2")
  fi
}
look() {
  missing=()
  lost=()
  need kcat 'every test with kcat (librdkafka)' command -v kcat
  need etcd-server 'every test with etcd' command -v etcd
  need openssl 'the test of TLS to etcd' command -v openssl
  need build-essential 'the native addon (all works without it, more slowly)' command -v cc
  need python3-kafka 'every test with kafka-python' /usr/bin/python3 -c 'import kafka'
  need python3-snappy 'kafka-python with snappy' /usr/bin/python3 -c 'import snappy'
  need python3-lz4 'kafka-python with lz4' /usr/bin/python3 -c 'import lz4.frame'
  need python3-zstandard 'kafka-python with zstd' /usr/bin/python3 -c 'import zstandard'
  need chromium 'every end-to-end test of the console' command -v chromium
  need fonts-wqy-microhei 'Chinese in screenshots' test -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc
}

look
if ((${#missing[@]})) && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || true
  look
fi
if ((${#missing[@]})); then
  {
    echo
    echo "!!! Missing: ${missing[*]}. Skipped for that:"
    printf '!!!   %s\n' "${lost[@]}"
    echo "!!! To have them run: sudo apt-get install ${missing[*]}"
    echo
  } >&2
  [ "${CI:-}" != true ] || exit 1
fi
