#!/usr/bin/env bash
# Unpacks a bundle into a folder with blanks and runs it as on a machine that has nothing: PATH
# holds the few tools of the system that the bundle's launcher calls, there is no Java, and the
# bundle is called from another folder, through a link.
#
#   packaging/check.sh ARCHIVE
set -euo pipefail

archive=$(readlink -f -- "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/earlybird bundle.XXXXXX")
trap 'chmod -R u+w -- "$work"; rm -rf -- "$work"' EXIT

fail() {
  printf 'bundle: %s\n' "$*" >&2
  exit 1
}

# Runs the bundle with the tools in folder $1 and the arguments $2 ….
bare() {
  local tools=$1
  shift
  (cd "$work" && env -i PATH="$tools" HOME="$work/home" "$work/a link" "$@")
}

mkdir -- "$work/tools" "$work/home" "$work/unpacked" "$work/other machine"
tar --extract --xz --file "$archive" --directory "$work/unpacked"
chmod -R a-w -- "$work/unpacked" "$work/home"
bundles=("$work"/unpacked/*)
ln -s "${bundles[0]}/bin/earlybird" "$work/a link"
for tool in dirname getconf id mkdir readlink uname; do
  ln -s "$(command -v "$tool")" "$work/tools/"
done

found=$(find "${bundles[0]}" -name 'libcu*.so*' -o -name 'libnv*.so*' -o -name '*torch*.so*' \
  -o -name '*torch*.jar')
[[ -z $found ]] || fail "this belongs into no bundle: $found"

bare "$work/tools" --version | grep -q '^instruction set x86-64-' ||
  fail "--version does not name the kernels' instruction set"
bare "$work/tools" doctor | tail -n 1
bare "$work/tools" verify --quick --backend cpu | tail -n 1

# Another processor, and another C library.
cp -P -- "$work"/tools/* "$work/other machine/"
rm -- "$work/other machine/uname"
printf '#!%s\necho Linux riscv64\n' "$(command -v sh)" >"$work/other machine/uname"
chmod +x -- "$work/other machine/uname"
message=$(bare "$work/other machine" --version 2>&1) && fail "another processor is not refused"
[[ $message == *'needs Linux x86_64, found Linux riscv64' ]] || fail "unclear: $message"
ln -sf -- "$(command -v uname)" "$work/other machine/uname"
rm -- "$work/other machine/getconf"
printf '#!%s\necho glibc 2.17\n' "$(command -v sh)" >"$work/other machine/getconf"
chmod +x -- "$work/other machine/getconf"
message=$(bare "$work/other machine" --version 2>&1) && fail "an old C library is not refused"
[[ $message == *'or later, found 2.17' ]] || fail "unclear: $message"
echo "the bundle runs"
