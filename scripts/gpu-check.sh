#!/usr/bin/env bash
# Checks earlybird on this machine's GPU, unattended: what is here, every op against the reference,
# steps timed beside PyTorch's, a short real training. It runs in a checkout and in the portable
# bundle.
#
#   scripts/gpu-check.sh SECONDS [FOLDER]
#
# SECONDS is the time it may take; a part that does not fit any more is skipped and says so. FOLDER
# (default gpu-check-DATE) holds report.md with a line per part and parts.log with what they print,
# both written as it happens, and the training's metrics.jsonl. Exit code: 0 if every part passed, 1
# if one failed or was skipped, 2 for wrong arguments, 3 if there is no GPU.
set -uo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
home=$(dirname -- "$here")
peers=$home/bench/peers/pytorch
earlybird=$home/earlybird
started=$SECONDS

usage() {
  echo "usage: gpu-check.sh SECONDS [FOLDER]" >&2
  exit 2
}

if [[ ! ${1:-} =~ ^[0-9]{1,6}$ ]] || (($# > 2)); then usage; fi
budget=$1
folder=${2:-gpu-check-$(date -u +%Y%m%dT%H%M%SZ)}
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
  echo "# GPU check, $(date -u +%Y-%m-%dT%H:%M:%SZ), $budget s"
  echo
  echo "| part | verdict | seconds | last line |"
  echo "|---|---|---|---|"
} >"$report"

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
  note gpu missing 0 "no NVIDIA GPU on this machine (nvidia-smi lists none)"
  echo "gpu-check: no NVIDIA GPU on this machine; see $log" >&2
  exit 3
fi
nvidia-smi -L
libraries=$(python_libraries)
if [[ -n $libraries ]]; then
  export EARLYBIRD_JAVA_OPTS="${EARLYBIRD_JAVA_OPTS:-} -Dearlybird.cuda.path=$libraries"
fi
if [[ ! -x $earlybird ]]; then
  note earlybird missing 0 "$earlybird"
  exit 1
fi

# ---- does it work ------------------------------------------------------------------------------

part doctor 10 120 "$earlybird" doctor
# First a few cases of each op: it settles whether libraries load, a stream made by Java reaches our
# kernels, and graphs record and replay. Should graphs be at fault, the second part still passes.
if ! part verify-quick 20 300 "$earlybird" verify --backend cuda --quick --json; then
  EARLYBIRD_JAVA_OPTS="${EARLYBIRD_JAVA_OPTS:-} -Dearlybird.cuda.graphs=false" \
    part verify-quick-no-graphs 20 300 "$earlybird" verify --backend cuda --quick --json
fi
part verify 60 600 "$earlybird" verify --backend cuda --json

# ---- does it measure ---------------------------------------------------------------------------

part energy 40 300 "$here/energy-check.sh" "$earlybird"

# ---- how fast ----------------------------------------------------------------------------------

architectures=(vgg16:vgg:16 preresnet101:resnet:101)
for entry in "${architectures[@]}"; do
  IFS=: read -r name arch depth <<<"$entry"
  part "step-$name" 30 300 "$earlybird" bench step --backend cuda --arch "$arch" --depth "$depth" \
    --batch 256 --json
done

peer() {
  local name=$1 most=$2 program=$3
  shift 3
  part "$name" 20 "$most" env PYTHONUNBUFFERED=1 python3 "$peers/$program.py" "$@"
}

if [[ -f $peers/best.py ]] && python3 -c 'import torch' 2>/dev/null; then
  for entry in "${architectures[@]}"; do
    name=${entry%%:*}
    for variant in graph eager; do
      peer "peer-$name-$variant" 180 best --arch "$name" --variant "$variant" --steps 50
    done
    peer "peer-$name-original" 180 original --arch "$name" --steps 30 --warmup 5
  done
  # Compiling takes minutes: last.
  for entry in "${architectures[@]}"; do
    name=${entry%%:*}
    for variant in compile-graphs compile-max; do
      peer "peer-$name-$variant" 400 best --arch "$name" --variant "$variant" --steps 50
    done
  done
else
  note peers skipped 0 "no PyTorch, or no $peers"
  bad=1
fi

# ---- does it learn -----------------------------------------------------------------------------

part training 60 600 "$earlybird" run --backend cuda --dataset shapes --arch vgg --depth 16 \
  --epochs 3 --batch-size 256 --save "$work/training"
find "$work/training" -name metrics.jsonl -exec cp -- {} "$folder/" \; 2>/dev/null

# ---- the same GPU through OpenCL, where its driver offers that ---------------------------------

gpu=$("$earlybird" doctor 2>/dev/null | sed -n 's/.*(device \([0-9]*\), gpu,.*/\1/p' | head -n 1)
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
