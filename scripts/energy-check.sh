#!/usr/bin/env bash
# Compares the joules that earlybird measures on this machine's GPU with nvidia-smi's average power
# times the time, around one long load of known kernels.
#
#   scripts/energy-check.sh [EARLYBIRD [SECONDS]]
#
# SECONDS (default 30) is how long the load lasts, about.
#
# Exit code: 0 if they agree within 5%, 1 if not or if a figure is missing, 3 if there is no GPU.
set -uo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
earlybird=${1:-$(dirname -- "$here")/earlybird}
load=${2:-30}
if [[ ! $load =~ ^[1-9][0-9]{0,3}$ ]]; then
  echo "energy-check: SECONDS must be a number from 1, not $load" >&2
  exit 2
fi
if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
  echo "energy-check: no NVIDIA GPU on this machine" >&2
  exit 3
fi
work=$(mktemp -d)
sampler=
trap 'if [[ -n $sampler ]]; then kill "$sampler" 2>/dev/null; fi; rm -rf -- "$work"' EXIT

# How many steps last so long.
step=(bench step --backend cuda --arch vgg --depth 16 --batch 256)
"$earlybird" "${step[@]}" --save "$work/step.json" || exit 1
repeat=$(sed -n 's/.*"median_ms" *: *\([0-9.]*\).*/\1/p' "$work/step.json" |
  awk -v seconds="$load" '{ print int(seconds * 1000 / $1) + 1 }')

# A line per GPU and 100 ms, with its power in watts.
nvidia-smi --query-gpu=index,power.draw --format=csv,noheader,nounits -lms 100 >"$work/power.csv" &
sampler=$!
"$earlybird" energy --idle-seconds 0 --json "$work/energy.json" -- \
  "$earlybird" "${step[@]}" --repeat "$repeat" || exit 1
kill "$sampler" 2>/dev/null
sampler=

# Each line of the file is one object: these names occur once.
figure() { grep -o "\"$1\":[0-9.eE+-]*" "$work/energy.json" | head -n 1 | cut -d: -f2; }
if ! grep -q '"source":"measured"' "$work/energy.json"; then
  echo "energy-check: earlybird measured nothing: $(cat -- "$work/energy.json")" >&2
  exit 1
fi
# GPUs alone: a processor's meters are no part of nvidia-smi's power.
joules=$(grep -o '"nvml [^"]*":[0-9.eE+-]*' "$work/energy.json" | sed 's/.*://' |
  awk '{ sum += $1 } END { print sum }')
seconds=$(figure seconds)
awk -F, -v joules="$joules" -v seconds="$seconds" '
  $2 + 0 > 0 { sum[$1] += $2; count[$1]++ }
  END {
    for (gpu in sum) watts += sum[gpu] / count[gpu]
    if (!(watts > 0) || !(joules > 0)) { print "energy-check: a figure is missing"; exit 1 }
    ratio = joules / (watts * seconds)
    printf "NVML %.1f J; nvidia-smi %.1f W x %.2f s = %.1f J; ratio %.3f\n",
      joules, watts, seconds, watts * seconds, ratio
    exit !(ratio > 0.95 && ratio < 1.05)
  }' "$work/power.csv"
