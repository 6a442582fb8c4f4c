#!/usr/bin/env bash
# Prunes the ticket that search.sh drew, by 30% or by $PERCENT.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./lp_baseline/vgg16-cifar10}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 32

earlybird prune \
  --dataset cifar10 \
  --test-batch-size 256 \
  --depth 16 \
  --percent "$ratio" \
  --model "$ticket" \
  --save "$folder/pruned_$tag" \
  --wl-weight 8 \
  --wl-grad 8 \
  --wl-activate 8 \
  --wl-error 8 \
  --wl-momentum 8 \
  --rounding stochastic \
  --pth \
  "$@"
