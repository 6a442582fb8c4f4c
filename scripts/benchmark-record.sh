#!/usr/bin/env bash
# Measures everything that docs/benchmarks/README.md describes, unattended, and writes one page and its
# JSON files: docs/benchmarks/cpu-DATE.md and docs/benchmarks/cpu-DATE/ (cpu-DATEb for the second of a
# day). Takes half an hour on two cores; nothing else should run meanwhile.
#
#   scripts/benchmark-record.sh [FOLDER]      FOLDER instead of docs/benchmarks
#
# EARLYBIRD names the program where it is not ./earlybird. With BACKEND=opencl or cuda it measures that
# backend's steps and kernels, without the peer, and the page is called after the backend.
set -euo pipefail
cd "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."
folder=${1:-docs/benchmarks}
backend=${BACKEND:-cpu}
name=$backend-$(date -u +%F)
for letter in b c d e f; do # a record is never overwritten
  [[ ! -e $folder/$name.md ]] || name=$backend-$(date -u +%F)$letter
done
page=$folder/$name.md
program=${EARLYBIRD:-./earlybird}
mkdir -p "$folder/$name"

# Which kernels are fastest is measured anew: what was remembered may stem from a busy hour.
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
export EARLYBIRD_JAVA_OPTS="${EARLYBIRD_JAVA_OPTS:-} -Dearlybird.cache=$cache"

# measure FILE TITLE ARGUMENTS…: one section of the page; a failure becomes its text.
measure() {
  local file=$1 title=$2
  shift 2
  local with="--backend $backend"
  [[ $1 != --peer && $1 != precision ]] || with=
  printf '\n## %s\n\n`earlybird bench %s`\n\n```\n' "$title" "$*${with:+ $with}" >>"$page"
  echo "$title" >&2
  # shellcheck disable=SC2086
  $program bench "$@" $with --save "$folder/$name/$file.json" >>"$page" 2>"$folder/$name/error" ||
    tail -1 "$folder/$name/error" >>"$page"
  rm -f "$folder/$name/error"
  printf '```\n' >>"$page"
}

{
  printf '# %s, %s\n\n' "$backend" "$(date -u +'%F %H:%M UTC')"
  printf '%s, %s processors, Linux %s\n\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc)" "$(uname -r)"
  printf 'Load before: %s\n\n```\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
  $program --version
  printf '```\n'
} >"$page"

# The first run of each shape measures which kernels are fastest; these runs remember it.
for net in 'vgg --depth 16' 'resnet --depth 101'; do
  # shellcheck disable=SC2086
  $program bench step --arch $net --repeat 1 --backend "$backend" >/dev/null
done
if [[ $backend == cpu ]]; then
  measure peer 'Beside libtorch' --peer libtorch
  measure peer-bf16 'Beside libtorch, both in bf16' --peer libtorch --precision bf16
  measure precision-vgg16 'A step of VGG-16 in all number formats' precision --arch vgg --depth 16
  measure peer-resnet101-256 'PreResNet-101 at batch 256 beside libtorch' --peer libtorch \
    --networks resnet101 --batch 256 --repeat 3
fi
measure step-vgg16 'A step of VGG-16' step --arch vgg --depth 16 --batch 64 --profile
measure step-resnet101 'A step of PreResNet-101' step --arch resnet --depth 101 --batch 64 --profile
measure step-resnet101-256 'A step of PreResNet-101 at batch 256' step --arch resnet --depth 101 \
  --batch 256 --repeat 3
measure kernels 'Single kernels' kernels
measure convolutions 'The convolutions of VGG-16 and PreResNet-101' kernels --convolutions
if [[ $backend == cpu ]]; then
  for arch in 'vgg --depth 16' 'resnet --depth 101'; do
    # shellcheck disable=SC2086
    measure "pruning-${arch%% *}" "What pruning saves: $arch" pruning --arch $arch \
      docs/benchmarks/tickets/"${arch%% *}"-*.cfg
  done
  measure scaling-vgg16 'How the cost of VGG-16 grows' scaling --arch vgg --depth 16
  measure scaling-resnet101 'How the cost of PreResNet-101 grows' scaling --arch resnet --depth 101 \
    --batches 1,16,64,256
fi
printf '\nLoad after: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)" >>"$page"
echo "$page" >&2
