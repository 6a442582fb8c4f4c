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

# Steps of the tickets beside the dense network's, by turns, now; and what they make of a whole training:
# the epochs of the search before the drawing at the dense network's rate, the others at the ticket's.
quiet() {
  local tickets
  tickets=$(mktemp -d)
  for ticket in "$folder"/ticket-*; do
    sed -n "2s/[]['"' '"]//gp" "$ticket/prune.txt" >"$tickets/${ticket##*/}"
  done
  earlybird bench pruning "$tickets"/ticket-* --depth 16 --batches 64 --repeat 15 \
    --precision "${PRECISION:-bf16}" --save "$tickets/steps.json" >&2
  awk -v epochs=20 -v batch=64 '
    function value() { gsub(/.*: |[",]| *$/, ""); return $0 }
    /"name"/ { name = value(); sub(/ /, "-", name); sub(/%/, "", name) }
    /"drawn_epoch"/ { drawn[name] = value() }
    /"training_flops"/ { flops[name] = value() }
    /"ticket"/ { name = value(); order[++n] = name }
    /"dense_median_ms"/ { dense[name] = value() }
    /"pruned_median_ms"/ { pruned[name] = value() }
    /"time_ratio"/ && !/min_/ { ratio[name] = value() }
    END {
      for (i = 1; i <= n; i++) {
        t = order[i]
        time = (drawn[t] + (epochs - drawn[t]) * ratio[t]) / epochs
        printf "| %s%% | %.0f | %.0f | %.0f%% | %.0f%% |\n", t, 1e3 * batch / pruned[t],
          1e3 * batch / dense[t], 100 * (1 - time), 100 * (1 - flops[t] / flops["dense"])
      }
    }' "$folder/summary.json" "$tickets/steps.json"
  rm -r "$tickets"
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
  printf '```\n\nSteps of each ticket and of the dense network by turns (`earlybird bench pruning`), when this page was\n'
  printf 'made, and what they make of the whole training, the search up to the drawing counted:\n\n'
  printf '| network | images/s | dense images/s | time saved | FLOPs saved |\n|---|---|---|---|---|\n'
  quiet
} >"$out/vgg16-cifar10.md.part"
mv "$out/vgg16-cifar10.md.part" "$out/vgg16-cifar10.md"
echo "$out/vgg16-cifar10.md" >&2
