#!/usr/bin/env bash
# Packs a built program with a Java runtime of its own into one archive that runs on a Linux
# machine with neither JDK nor compiler, and checks that it does.
#
#   packaging/bundle.sh PROGRAM JDK OUT
#
# PROGRAM is a folder with earlybird*.jar and lib/*.jar; the archive is written to OUT. Libraries of
# the presets are unpacked, so that they are packed only once and load from where they lie; of the
# CUDA preset only the glue that the program calls comes along, and nothing of NVIDIA's.
set -euo pipefail
shopt -s nullglob

program=$(readlink -f -- "$1")
jdk=$(readlink -f -- "$2")
mkdir -p -- "$3"
out=$(readlink -f -- "$3")
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
root=$(dirname -- "$here")
readonly program jdk out here root
readonly platform=linux-x86_64
readonly limit=$((50 * 1000 * 1000)) # bytes
# What the program and its libraries need. Jackson mentions java.desktop and java.sql, and does
# without them; jdk.crypto.ec is for https, jdk.zipfs for archives.
readonly modules=java.base,java.logging,java.management,java.net.http,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.management,jdk.unsupported,jdk.zipfs

fail() {
  printf 'bundle: %s\n' "$*" >&2
  exit 1
}

# Fails if the classes of $1 use a module that the bundle lacks.
check_modules() {
  local module used
  used=$("$jdk/bin/jdeps" --multi-release 17 --ignore-missing-deps --print-module-deps "$1")
  for module in ${used//,/ }; do
    [[ ,$modules, == *,$module,* ]] || fail "the program uses module $module; add it to $0"
  done
}

# Unpacks jar $1 into $unpacked and moves its libraries for Linux to the bundle.
unpack_jar() {
  rm -rf -- "$unpacked"
  mkdir -- "$unpacked"
  (cd "$unpacked" && "$jdk/bin/jar" --extract --file "$1")
  (cd "$unpacked" && find . -path "*/$platform/*.so*" -type f \
    -exec cp --parents -t "$bundle/natives" -- {} +)
  find "$unpacked" -type d -name "$platform" -prune -exec rm -rf -- {} +
}

# Adds the program's jar $1, without the libraries in it.
add_program() {
  unpack_jar "$1"
  mv -- "$unpacked/META-INF/MANIFEST.MF" "$work/"
  "$jdk/bin/jar" --create --manifest "$work/MANIFEST.MF" --file "$bundle/lib/earlybird.jar" \
    -C "$unpacked" .
  mv -- "$unpacked" "$work/program"
}

# Removes the CUDA glue of libraries that the program does not call: those whose classes are named
# neither by the program nor by a preset that it names.
remove_unused_cuda_glue() {
  local folder=$bundle/natives/org/bytedeco/cuda/$platform file name
  for file in "$folder"/libjni*.so; do
    name=$(basename -- "$file" .so)
    grep -qrE "org/bytedeco/cuda/(global|presets)/${name#libjni}\b" "$work/program" || rm -- "$file"
  done
}

# The newest version of the GNU C library that a library below $1 asks for.
glibc_version() {
  find "$1" -type f \( -name '*.so*' -o -name java \) -exec objdump -T {} + 2>/dev/null |
    grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -uV | tail -n 1
}

version=$(sed -n '/<version>/{s/.*<version>\(.*\)<\/version>.*/\1/p;q}' "$root/pom.xml")
name=earlybird-$version-$platform
jars=("$program"/earlybird*.jar)
work=$out/bundle
trap 'rm -rf -- "$work"' EXIT
rm -rf -- "$work"
bundle=$work/$name
unpacked=$work/unpacked
mkdir -p -- "$bundle/bin" "$bundle/lib" "$bundle/natives"

check_modules "${jars[0]}"
"$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-man-pages --no-header-files \
  --output "$bundle/runtime"
add_program "${jars[0]}"
for jar in "$program"/lib/*.jar; do
  if [[ $jar == *-"$platform".jar ]]; then unpack_jar "$jar"; else cp -- "$jar" "$bundle/lib/"; fi
done
remove_unused_cuda_glue

cp -- "$here/jvm.options" "$bundle/lib/"
if [[ $(<"$jdk/release") =~ JAVA_VERSION=\"([0-9]+) ]] && ((BASH_REMATCH[1] >= 24)); then
  echo --enable-native-access=ALL-UNNAMED >>"$bundle/lib/jvm.options"
fi
glibc_version "$bundle" >"$bundle/lib/glibc-version"
install -m 755 -- "$here/earlybird.sh" "$bundle/bin/earlybird"
ln -s bin/earlybird "$bundle/earlybird" # where a checkout has its launcher
cp -- "$root/LICENSE" "$root/CHANGELOG.md" "$here/README.md" "$bundle/"
for folder in scripts bench/peers/pytorch docs/benchmarks/tickets docs/reproduction; do
  if [[ -d $root/$folder ]]; then
    mkdir -p -- "$bundle/$folder"
    cp -r -- "$root/$folder/." "$bundle/$folder"
  fi
done

archive=$out/$name.tar.xz
# -6 would take four times as long for a tenth of the size.
tar --create --directory "$work" --owner 0 --group 0 --numeric-owner --sort name "$name" |
  xz -T0 -2 >"$work/archive"
size=$(stat -c %s -- "$work/archive")
if ((size >= limit)); then
  echo "largest parts before compression (KiB):" >&2
  du -ak -- "$bundle" | sort -nr | sed "s|$bundle/||" | head -n 20 >&2
  fail "the archive has $size bytes, which is not below $limit"
fi
"$here/check.sh" "$work/archive"
mv -- "$work/archive" "$archive"
printf '%s: %d.%d MB, for glibc %s or later\n' "$archive" $((size / 1000000)) \
  $((size / 100000 % 10)) "$(<"$bundle/lib/glibc-version")"
