#!/bin/sh
# Starts the earlybird of this bundle, which brings its own Java and needs neither a JDK nor a
# compiler: only Linux on x86-64, with the GNU C library.
#
# EARLYBIRD_JAVA_OPTS holds further options of the JVM, separated by blanks.
set -eu

fail() {
  printf 'earlybird: %s\n' "$*" >&2
  exit 1
}

found=$(uname -sm)
[ "$found" = 'Linux x86_64' ] || fail "this bundle needs Linux x86_64, found $found"

home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")

# The newest version of the GNU C library that anything in this bundle asks for.
read -r needed <"$home/lib/glibc-version"
if command -v getconf >/dev/null; then
  found=$(getconf GNU_LIBC_VERSION 2>/dev/null) || found='glibc 0.0' # another C library
  if [ "${found#*.}" -lt "${needed#*.}" ]; then
    fail "this bundle needs the GNU C library (glibc) $needed or later, found ${found#glibc }"
  fi
fi

# The bundle's own libraries are used where they lie. The cache is for links to those of the system
# (CUDA), so the bundle's folder may be read-only.
cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/earlybird/libraries
if ! mkdir -p -- "$cache" 2>/dev/null || ! [ -w "$cache" ]; then
  cache=${TMPDIR:-/tmp}/earlybird-$(id -u)/libraries
fi

# Threads of the kernels that wait for each other spin for a fraction of a millisecond only, unless
# the user says otherwise; the OpenMP library's own ten milliseconds take a busy machine's time.
[ -n "${OMP_WAIT_POLICY:-}${GOMP_SPINCOUNT:-}" ] || export GOMP_SPINCOUNT=20000

# shellcheck disable=SC2086 # options are separated by blanks
EARLYBIRD_COMMAND=$0 exec "$home/runtime/bin/java" "@$home/lib/jvm.options" \
  "-Dorg.bytedeco.javacpp.cachedir=$cache" ${EARLYBIRD_JAVA_OPTS:-} \
  -cp "$home/lib/*:$home/natives" io.earlybird.cli.Main "$@"
