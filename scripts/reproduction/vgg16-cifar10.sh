#!/usr/bin/env bash
# Trains VGG-16 on CIFAR-10 on the CPU, searches, prunes and retrains tickets at 30, 50 and 70%, and
# writes docs/reproduction/vgg16-cifar10.md and its metrics.jsonl. What was stopped goes on where it was:
# start it again with the same folder.
#
#   scripts/reproduction/vgg16-cifar10.sh [FOLDER] [table]
#
# FOLDER holds the run (default runs/vgg16-cifar10); `table` only writes the page of what is there.
# EARLYBIRD names the program where it is not ./earlybird; it may hold options' defaults too:
#   PRECISION=bf16 SEED=1
#   DATASET="--dataset cifar10"   with --data where the pictures are elsewhere
#   OUT=docs/reproduction         where the page and its metrics go
#   NOTE="…"                      a sentence on the conditions, for the page
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${1:-runs/vgg16-cifar10}
only=${2:-}
out=${OUT:-$root/docs/reproduction}
# shellcheck disable=SC2206
recipe=(--arch vgg --depth 16 ${DATASET:---dataset cifar10} --epochs 20 --schedule 10,15
  --batch-size 64 --ratios 0.3,0.5,0.7 --else-last --precision "${PRECISION:-bf16}" --seed "${SEED:-1}")

if [[ $only != table ]]; then
  if [[ -e $folder/config.json ]]; then
    earlybird run --resume "$folder"
  else
    earlybird run "${recipe[@]}" --save "$folder"
  fi
fi

# Seconds of whole trainings from the time of a step that the run measured at its end, all networks by
# turns: the epochs of the search before the drawing at the dense network's rate, the others at its own.
quiet() {
  awk '
    function value() { gsub(/.*: |,? *$/, ""); return $0 }
    /"name"/ { n++; name[n] = value(); gsub(/"/, "", name[n]) }
    /"drawn_epoch"/ { drawn[n] = value() + 0 }
    /"microseconds_per_image"/ { us[n] = value() + 0 }
    /"training_flops"/ { flops[n] = value() + 0 }
    END {
      for (i = 1; i <= n; i++) {
        search = drawn[i] > 0 ? drawn[i] : 0
        seconds[i] = (search * us[1] + (20 - search) * us[i]) * 50000 / 1e6
        printf "| %s | %.0f | %.0f | %.0f%% | %.0f%% |\n", name[i], 1e6 / us[i], seconds[i],
          100 * (1 - seconds[i] / seconds[1]), 100 * (1 - flops[i] / flops[1])
      }
    }' "$folder/summary.json"
}

[[ -e $folder/summary.json ]] || { echo "$folder is not finished" >&2; exit 1; }
mkdir -p "$out"
cp "$folder/metrics.jsonl" "$out/vgg16-cifar10.jsonl"
{
  printf '# VGG-16 on CIFAR-10, 20 epochs, on a CPU\n\n'
  printf 'Made by `scripts/reproduction/vgg16-cifar10.sh`; [metrics.jsonl](vgg16-cifar10.jsonl). %s%s\n\n```\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) processors. " "${NOTE:-}"
  echo "earlybird run ${recipe[*]}" | sed 's/ --data [^ ]*//'
  echo
  earlybird run --resume "$folder" | sed -e "s|$(readlink -f "$folder")|runs/vgg16-cifar10|g"
  printf '```\n\nEvery network at the rate of steps that were measured by turns at the end of the run, the search up to\n'
  printf 'the drawing counted:\n\n| network | images/s | s for 20 epochs | time saved | FLOPs saved |\n|---|---|---|---|---|\n'
  quiet
} >"$out/vgg16-cifar10.md.part"
mv "$out/vgg16-cifar10.md.part" "$out/vgg16-cifar10.md"
echo "$out/vgg16-cifar10.md" >&2
