#!/usr/bin/env bash
# Checks earlybird on this machine's GPU, unattended: what is here, every op against the reference,
# steps timed beside PyTorch's, joules against nvidia-smi's, a short real training. It runs in a
# checkout and in the portable bundle.
#
#   scripts/gpu-check.sh SECONDS [--ledger | --sanitize] [--data DIR] [--rehearse] [FOLDER]
#
# SECONDS is the time it may take; a part that does not fit any more is skipped and says so. FOLDER
# (default gpu-check-DATE) holds report.md with a line per part and parts.log with what they print,
# both written as it happens, and the JSON and metrics.jsonl of the parts.
#
#   --ledger    instead of the checks, works off docs/reproduction/ledger.csv with the data in DIR:
#               FOLDER/rows.jsonl is docs/reproduction/rows.jsonl and the rows of the chains that were
#               finished; give the same FOLDER again to go on with one that was not
#   --sanitize  instead of the checks, runs the kernels under compute-sanitizer
#   --rehearse  the same parts without a GPU, on the processor, to see that they run and fit
#
# Two calls fit a lease of 15 minutes: 480 seconds for the checks, then 300 with --ledger.
#
# Exit code: 0 if every part passed, 1 if one failed or was skipped, 2 for wrong arguments, 3 if
# there is no GPU.
set -uo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
home=$(dirname -- "$here")
peers=$home/bench/peers/pytorch
earlybird=${EARLYBIRD:-$home/earlybird}
started=$SECONDS

usage() {
  echo "usage: gpu-check.sh SECONDS [--ledger | --sanitize] [--data DIR] [--rehearse] [FOLDER]" >&2
  exit 2
}

[[ ${1:-} =~ ^[0-9]{1,6}$ ]] || usage
budget=$1
shift
mode=checks
backend=cuda
data=
folder=
while (($#)); do
  case $1 in
    --ledger | --sanitize)
      [[ $mode == checks ]] || usage
      mode=${1#--}
      ;;
    --data)
      (($# > 1)) || usage
      data=$2
      shift
      ;;
    --rehearse) backend=cpu ;;
    -*) usage ;;
    *)
      [[ -z $folder ]] || usage
      folder=$1
      ;;
  esac
  shift
done
folder=${folder:-gpu-check-$(date -u +%Y%m%dT%H%M%SZ)}
if [[ -n $data && ! -d $data ]]; then
  echo "gpu-check: --data $data: no such folder" >&2
  exit 2
fi
mkdir -p -- "$folder" || exit 2
folder=$(readlink -f -- "$folder")
report=$folder/report.md
log=$folder/parts.log
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
bad=0

left() { echo $((budget - (SECONDS - started))); }

note() {
  printf '| %s | %s | %s | %s |\n' "$@" >>"$report"
  printf '%-28s %-8s %5s s  %s\n' "$1" "$2" "$3" "$4"
}

# part NAME LEAST MOST COMMAND…: runs a part in at most MOST seconds, if at least LEAST are left.
part() {
  local name=$1 least=$2 most=$3 begun=$SECONDS code=0 rest verdict
  shift 3
  rest=$(left)
  if ((rest < least)); then
    note "$name" skipped 0 "$least s wanted, $rest s left"
    bad=1
    return 1
  fi
  printf '\n==== %s: %s\n' "$name" "$*" >>"$log"
  timeout --kill-after=10 "$((rest < most ? rest : most))" "$@" </dev/null >>"$log" 2>&1 || code=$?
  verdict=ok
  if ((code != 0)); then
    verdict=failed
    bad=1
  fi
  note "$name" "$verdict" "$((SECONDS - begun))" \
    "exit $code; $(tail -n 1 -- "$log" | tr '|' '/' | cut -c 1-160)"
  return "$code"
}

# ---- what is here ------------------------------------------------------------------------------

facts() {
  date -u
  uname -a
  nproc
  if command -v nvidia-smi >/dev/null; then
    nvidia-smi
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem,power.limit \
      --format=csv
  else
    echo "no nvidia-smi"
  fi
  if command -v nvcc >/dev/null; then nvcc --version; fi
  if command -v python3 >/dev/null; then
    python3 - <<'PYTHON'
import importlib.util
import pathlib
import sys

print("python", sys.version.split()[0], sys.executable)
for name in ("torch", "nvidia"):
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    print(name, "found" if spec else "not found")
    if spec and name == "nvidia":
        for root in spec.submodule_search_locations or ():
            for folder in sorted(pathlib.Path(root).glob("*/lib")):
                print(" ", folder, *sorted(f.name for f in folder.glob("*.so*")))
PYTHON
  fi
}

# Folders of NVIDIA's libraries in the Python environment, joined by colons. earlybird looks there by
# itself; naming them also covers a python3 that is only a wrapper.
python_libraries() {
  command -v python3 >/dev/null || return 0
  python3 -c '
import importlib.util, pathlib
spec = importlib.util.find_spec("nvidia")
roots = spec.submodule_search_locations if spec else ()
print(":".join(str(p) for r in roots for p in sorted(pathlib.Path(r).glob("*/lib"))))
' 2>/dev/null
}

{
  echo "==== facts"
  facts
} >"$log" 2>&1
{
  echo "# GPU check ($mode), $(date -u +%Y-%m-%dT%H:%M:%SZ), $budget s"
  if [[ $backend != cuda ]]; then
    echo
    echo "A rehearsal on the processor: no GPU took part, and nothing here says how one does."
  fi
  echo
  echo "| part | verdict | seconds | last line |"
  echo "|---|---|---|---|"
} >"$report"

gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU'; }

if [[ $backend == cuda ]]; then
  if ! gpu; then
    note gpu missing 0 "no NVIDIA GPU on this machine (nvidia-smi lists none)"
    echo "gpu-check: no NVIDIA GPU on this machine; see $log" >&2
    exit 3
  fi
  nvidia-smi -L
  libraries=$(python_libraries)
  if [[ -n $libraries ]]; then
    export EARLYBIRD_JAVA_OPTS="${EARLYBIRD_JAVA_OPTS:-} -Dearlybird.cuda.path=$libraries"
  fi
fi
if [[ ! -x $earlybird ]]; then
  note earlybird missing 0 "$earlybird"
  exit 1
fi

part doctor 5 60 "$earlybird" doctor

# ---- the ledger --------------------------------------------------------------------------------

if [[ $mode == ledger ]]; then
  records=$home/docs/reproduction
  if [[ ! -e $folder/rows.jsonl && -e $records/rows.jsonl ]]; then
    cp -- "$records/rows.jsonl" "$folder/"
  fi
  precision=bf16
  # What bf16 needs of cuDNN no GPU may have; the ledger goes on in TF32 then.
  part verify-bf16 20 90 "$earlybird" verify --backend "$backend" --precision bf16 --quick ||
    precision=tf32
  options=(--keep last)
  if [[ -n $data ]]; then options+=(--data "$(readlink -f -- "$data")"); fi
  if [[ $backend == cpu ]]; then
    # A few epochs of a few pictures: it shows that chains are taken, stopped, resumed and merged.
    precision=fp32
    options+=(--dataset shapes --train-images 512 --test-images 256 --epochs 2 --schedule 1
      --queue 2 --limit 1)
  fi
  part ledger 60 "$(left)" "$earlybird" ledger --ledger "$records/ledger.csv" \
    --rows "$folder/rows.jsonl" --work "$folder/ledger" --backend "$backend" \
    --precision "$precision" --seconds "$(left)" -- "${options[@]}"
  # Of finished chains the records stay; the others need their checkpoints to go on.
  for summary in "$folder"/ledger/*/*/summary.json; do
    [[ ! -e $summary ]] ||
      find "$(dirname -- "$summary")" -name '*.safetensors' -type f -delete
  done
  echo "report: $report"
  exit "$bad"
fi

# ---- compute-sanitizer -------------------------------------------------------------------------

if [[ $mode == sanitize ]]; then
  if ! command -v compute-sanitizer >/dev/null; then
    note sanitizer skipped 0 "no compute-sanitizer on the path"
    exit 1
  fi
  for tool in memcheck racecheck initcheck; do
    part "$tool" 60 "$(($(left) / 2))" compute-sanitizer --tool "$tool" --target-processes all \
      --error-exitcode 9 "$earlybird" verify --backend "$backend" --quick
  done
  echo "report: $report"
  exit "$bad"
fi

# ---- does it work ------------------------------------------------------------------------------

# First a few cases of each op: it settles whether libraries load, a stream made by Java reaches our
# kernels, and graphs record and replay. Should graphs be at fault, the second part still passes.
if ! part verify-quick 20 120 "$earlybird" verify --backend "$backend" --quick --json; then
  EARLYBIRD_JAVA_OPTS="${EARLYBIRD_JAVA_OPTS:-} -Dearlybird.cuda.graphs=false" \
    part verify-quick-no-graphs 20 120 "$earlybird" verify --backend "$backend" --quick --json
fi
bf16=bf16
part verify-bf16 20 120 "$earlybird" verify --backend "$backend" --precision bf16 --quick --json ||
  bf16=

# ---- how fast ----------------------------------------------------------------------------------

batch=256
fast=${bf16:-tf32}
precisions=(fp32 tf32 $bf16 bfp8)
architectures=(vgg16:vgg:16 preresnet101:resnet:101)
if [[ $backend == cpu ]]; then
  batch=8
  fast=fp32
  precisions=(fp32)
fi
for precision in "${precisions[@]}"; do
  for entry in "${architectures[@]}"; do
    IFS=: read -r name arch depth <<<"$entry"
    with=(--precision "$precision")
    [[ $precision != bfp8 ]] || with+=(--lp-flow full)
    part "step-$name-$precision" 15 60 "$earlybird" bench step --backend "$backend" --arch "$arch" \
      --depth "$depth" --batch "$batch" "${with[@]}" --save "$folder/step-$name-$precision.json"
  done
done

# ---- does it learn -----------------------------------------------------------------------------

small=()
if [[ $backend == cpu ]]; then small=(--train-images 64 --test-images 64); fi
part training 30 120 "$earlybird" run --backend "$backend" --dataset shapes --arch vgg --depth 16 \
  --epochs 3 --batch-size "$batch" "${small[@]}" --save "$work/training"
find "$work/training" -name metrics.jsonl -exec cp -- {} "$folder/" \; 2>/dev/null

# ---- does it measure ---------------------------------------------------------------------------

if [[ $backend == cuda ]]; then
  part energy 30 90 "$here/energy-check.sh" "$earlybird" 20
fi
pictures=()
if [[ $backend == cpu ]]; then pictures=(--train-images 64 --test-images 64); fi
part energy-overhead 20 60 "$earlybird" bench energy --backend "$backend" --batch "$batch" \
  "${pictures[@]}" --save "$folder/energy-overhead.json"

# ---- beside PyTorch ----------------------------------------------------------------------------

# What needs no compiling first; each network and variant is a part, so that none hides another.
if [[ -f $peers/best.py ]] && python3 -c 'import torch' 2>/dev/null; then
  variants=(graph eager original compile-graphs compile-max)
  if [[ $backend == cpu ]]; then variants=(eager original); fi
  for variant in "${variants[@]}"; do
    least=20
    [[ $variant != compile-* ]] || least=60
    for network in vgg16 resnet101; do
      part "peer-$network-$variant" "$least" 120 "$earlybird" bench --backend "$backend" \
        --peer pytorch --peer-dir "$peers" --variants "$variant" --networks "$network" \
        --batch "$batch" --precision "$fast" --save "$folder/peer-$network-$variant.json"
    done
  done
else
  note peers skipped 0 "no PyTorch, or no $peers"
  bad=1
fi

# ---- every op, many shapes ---------------------------------------------------------------------

part verify 60 "$(($(left) * 2 / 3))" "$earlybird" verify --backend "$backend" --json

# ---- does pruning pay --------------------------------------------------------------------------

# With room for whole groups of channels, and at exact widths.
tickets=$home/docs/benchmarks/tickets
for entry in "${architectures[@]}"; do
  IFS=: read -r name arch depth <<<"$entry"
  with=(--arch "$arch" --depth "$depth" --batches "$batch" --precision "$fast")
  part "pruning-$name" 30 120 "$earlybird" bench pruning --backend "$backend" "${with[@]}" \
    --save "$folder/pruning-$name.json" "$tickets/$arch"-*.cfg
  [[ $backend == cuda ]] || break
  EARLYBIRD_JAVA_OPTS="${EARLYBIRD_JAVA_OPTS:-} -Dearlybird.channelGroup=1" \
    part "pruning-$name-exact-widths" 30 120 "$earlybird" bench pruning --backend "$backend" \
    "${with[@]}" --save "$folder/pruning-$name-exact-widths.json" "$tickets/$arch"-*.cfg
done

# ---- the same GPU through OpenCL, where its driver offers that ---------------------------------

gpu=
[[ $backend != cuda ]] || gpu=$("$earlybird" doctor 2>/dev/null | sed -n 's/.*(device \([0-9]*\), gpu,.*/\1/p' | head -n 1)
if [[ -n $gpu ]]; then
  part opencl-verify 60 600 "$earlybird" verify --backend opencl --device "$gpu" --json
  for entry in "${architectures[@]}"; do
    IFS=: read -r name arch depth <<<"$entry"
    part "opencl-step-$name" 60 400 "$earlybird" bench step --backend opencl --device "$gpu" \
      --arch "$arch" --depth "$depth" --batch 256 --json
  done
  part opencl-kernels 60 400 "$earlybird" bench kernels --backend opencl --device "$gpu" --json
  part cuda-kernels 60 400 "$earlybird" bench kernels --backend cuda --json
else
  note opencl absent 0 "no OpenCL driver offers a GPU"
fi

echo "report: $report"
exit "$bad"
