#!/usr/bin/env bash
# Trains a VGG-11 of half width on CIFAR-10 in full precision, in bf16 and in low precision, searches,
# prunes and retrains, and writes the table of docs/reproduction/low-precision.md from the runs' metrics.jsonl. What was
# stopped goes on where it was: start it again with the same folder.
#
#   scripts/reproduction/low-precision.sh [FOLDER] [table]
#
# FOLDER holds the runs (default runs/low-precision); `table` only writes the table of what is there.
# EARLYBIRD names the program where it is not ./earlybird; it may hold options' defaults too:
#   SEEDS="1 2" EPOCHS=20 SCHEDULE="10 15" SWA_START=15 LR=0.05 BATCH=128 PERCENT=0.5
#   FLOWS="original full" BITS="8 6 4"   what is rounded, and to how many bits; tickets are
#                                        retrained for the first number of bits, the others are
#                                        trained with the first seed alone
#   DENSE_SEEDS="1 2 3"                  of dense networks in fp32 and bf16
#   SAME_START=12                        epoch index from which every ticket is also retrained in
#                                        fp32: a ticket drawn later has fewer epochs left
#   DATASET="--dataset cifar10"          with --data where the pictures are elsewhere
#   OUT=docs/reproduction                where the page and its metrics go
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${1:-runs/low-precision}
only=${2:-}
seeds=${SEEDS:-1 2}
dense_seeds=${DENSE_SEEDS:-1 2 3}
epochs=${EPOCHS:-20}
swa_start=${SWA_START:-15}
percent=${PERCENT:-0.5}
same_start=${SAME_START:-12}
flows=${FLOWS:-original full}
bits=${BITS:-8 6 4}
out=${OUT:-$root/docs/reproduction}
cfg=${CFG:-32,M,64,M,128,128,M,256,256,M,256,256}
# shellcheck disable=SC2206
data=(${DATASET:---dataset cifar10})
# shellcheck disable=SC2206
schedule=(${SCHEDULE:-10 15})
recipe=(--epochs "$epochs" --schedule "${schedule[@]}" --lr "${LR:-0.05}" --batch-size
  "${BATCH:-128}" --momentum 0.9 --wd 1e-4 --checkpoint-seconds 120 --keep last)

# train DONE COMMAND …: runs it into the folder of --save, the last word, unless that is done; goes on
# where it was stopped. A run that diverges is a result too: its line says so.
train() {
  local save=${*: -1} code=0
  if [[ -e $save/done || -e $save.diverged ]]; then return; fi
  echo "== $save" >&2
  if [[ -e $save/config.json ]]; then
    earlybird "$1" --resume "$save" || code=$?
  else
    rm -rf -- "$save"
    earlybird "$@" || code=$?
  fi
  case $code in
    0) date -u +%FT%TZ >"$save/done" ;;
    3) date -u +%FT%TZ >"$save.diverged" ;;
    *) exit "$code" ;;
  esac
}

# ticket SEARCH PRUNED: prunes what the search drew, if it did.
ticket() {
  local file
  file=$(ls "$1"/EB-*.safetensors 2>/dev/null | head -1)
  [[ -n $file ]] || return 1
  [[ -e $2/pruned.safetensors ]] ||
    earlybird prune "${data[@]}" --model "$file" --save "$2" >&2
}

words() { # words FLOW BITS: the options of a precision
  local w=$2
  echo "--lp-flow $1 --wl-weight $w --wl-grad $w --wl-activate $w --wl-error $w --wl-momentum $w" \
    "--rounding stochastic --swa --swa_start $swa_start"
}

# search_of SEED NAME OPTION …: the search of one seed in some precision.
search_of() {
  local seed=$1 name=$2
  shift 2
  mkdir -p "$folder/seed$seed"
  train search --arch vgg --depth 11 --cfg "$cfg" --seed "$seed" "${recipe[@]}" "${data[@]}" \
    --ratios "$percent" "$@" --save "$folder/seed$seed/$name-dense"
}

# low_of SEED: every training in low precision of one seed, and those of the fp32 ticket.
low_of() {
  local seed=$1 base=$folder/seed$1 flow first w low name
  local retrain=("${recipe[@]}" "${data[@]}" --seed "$seed") from
  search_of "$seed" fp32
  if ticket "$base/fp32-dense" "$base/fp32-pruned"; then
    from=(--scratch "$base/fp32-pruned/pruned.safetensors")
    train retrain "${retrain[@]}" "${from[@]}" --save "$base/fp32-ticket"
    train retrain "${retrain[@]}" "${from[@]}" --method reinit --save "$base/fp32-reinit"
    train retrain "${retrain[@]}" "${from[@]}" --start-epoch "$same_start" \
      --save "$base/fp32-ticket-same-start"
  fi
  for flow in $flows; do
    first=${bits%% *}
    for w in $bits; do
      [[ $w == "$first" || $seed == "${seeds%% *}" ]] || continue
      name=$base/$flow$w
      # shellcheck disable=SC2207
      low=($(words "$flow" "$w"))
      search_of "$seed" "$flow$w" "${low[@]}"
      [[ $w == "$first" ]] || continue
      ticket "$name-dense" "$name-pruned" || continue
      from=(--scratch "$name-pruned/pruned.safetensors")
      train retrain "${retrain[@]}" "${low[@]}" "${from[@]}" --save "$name-LL"
      train retrain "${retrain[@]}" "${from[@]}" --save "$name-LF"
      train retrain "${retrain[@]}" "${low[@]}" "${from[@]}" --method reinit --save "$name-reinit"
      train retrain "${retrain[@]}" "${from[@]}" --start-epoch "$same_start" \
        --save "$name-LF-same-start"
      train retrain "${retrain[@]}" "${from[@]}" --method reinit --save "$name-LF-reinit"
    done
  done
}

# figures FOLDER: last, best and averaged accuracy, drawing epoch and seconds of one training.
figures() {
  local last=- best=- average=- drawn=- seconds=-
  if [[ -e $1/metrics.jsonl ]]; then
    read -r last best average drawn seconds < <(awk '
      function value(key) {
        if (!match($0, "\"" key "\":[-0-9.eE]+")) return ""
        return substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
      }
      /"event":"epoch"/ {
        last = value("test_accuracy")
        if (last + 0 > best + 0) best = last
        if (value("average_accuracy") != "") average = value("average_accuracy")
        seconds += value("train_seconds")
      }
      /"drawn":/ && drawn == "" { drawn = value("epoch") + 1 }
      function show(x) { return x == "" ? "-" : sprintf("%.2f", x) }
      END {
        print show(last), show(best), show(average), drawn == "" ? "-" : drawn, int(seconds)
      }' "$1/metrics.jsonl")
  fi
  [[ ! -e $1.diverged ]] || last=diverged
  echo "$last $best $average $drawn $seconds"
}

table() {
  local run seed name page=$out/low-precision.md
  mkdir -p "$out/low-precision"
  {
    printf '# Low precision, VGG-11 of half width on CIFAR-10\n\n'
    printf 'Made by `scripts/reproduction/low-precision.sh`: %s epochs, learning rate / 10 at %s,' \
      "$epochs" "${schedule[*]}"
    printf ' batch %s, tickets at %s, averages from epoch index %s on.\n' \
      "${BATCH:-128}" "$percent" "$swa_start"
    printf 'The numbers come from the `metrics.jsonl` files in `low-precision/`. In the names, the flow'
    printf ' and the bits\nof what was searched in; LL: retrained in the same, LF: in fp32, reinit: in'
    printf ' the same from new weights,\nLF-reinit: in fp32 from new weights; same-start: from epoch index %s on,' "$same_start"
    printf ' whenever the ticket was drawn.\n\n'
    printf '| training | seed | last %% | best %% | averaged %% | drawn at the start of epoch | s |\n'
    printf '|---|---|---|---|---|---|---|\n'
    for run in "$folder"/seed*/*; do
      run=${run%.diverged}
      name=$(basename "$run")
      [[ (-d $run || -e $run.diverged) && $name != *-pruned ]] || continue
      seed=$(basename "$(dirname "$run")")
      [[ ! -e $run/metrics.jsonl ]] || cp "$run/metrics.jsonl" "$out/low-precision/$seed-$name.jsonl"
      # shellcheck disable=SC2046
      printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$name" "${seed#seed}" $(figures "$run")
    done | sort -u
    printf '\n## Means over seeds\n\n| training | seeds | last %% | from | to | averaged %% | last - fp32 |\n'
    printf '|---|---|---|---|---|---|---|\n'
    for run in "$folder"/seed*/*/; do
      run=${run%/}
      name=$(basename "$run")
      [[ $name == *-pruned ]] || echo "$name $(figures "$run")"
    done | awk '
      $2 != "-" && $2 != "diverged" {
        if (!n[$1] || $2 < least[$1]) least[$1] = $2
        if (!n[$1] || $2 > most[$1]) most[$1] = $2
        n[$1]++
        last[$1] += $2
      }
      $4 != "-" { averages[$1]++; average[$1] += $4 }
      END {
        for (name in n) {
          base = "fp32-ticket"
          if (match(name, /(dense|reinit)$/)) base = "fp32-" substr(name, RSTART)
          if (name ~ /same-start$/) base = base "-same-start"
          printf "| %s | %d | %.2f | %s | %s | %s | %s |\n", name, n[name], last[name] / n[name],
            least[name], most[name],
            averages[name] ? sprintf("%.2f", average[name] / averages[name]) : "-",
            n[base] ? sprintf("%+.2f", last[name] / n[name] - last[base] / n[base]) : "-"
        }
      }' | sort
    printf '\n## Tickets of low precision beside those of fp32\n\n```\n'
    for seed in "$folder"/seed*; do
      for run in "$seed"/*-dense; do
        [[ $run != */fp32-dense && $run != */bf16-dense && -e $run/done && -e $seed/fp32-dense/done ]] || continue
        echo "A $(basename "$seed") fp32, B $(basename "$run")"
        earlybird compare "$seed/fp32-dense" "$run" | grep '^ticket' || echo 'no ticket'
      done
    done
    printf '```\n'
  } >"$page.part"
  mv "$page.part" "$page"
  echo "$page" >&2
}

if [[ $only != table ]]; then
  for seed in $dense_seeds; do
    search_of "$seed" fp32
    search_of "$seed" bf16 --precision bf16
  done
  for seed in $seeds; do low_of "$seed"; done
fi
table
