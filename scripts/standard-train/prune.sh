#!/usr/bin/env bash
# Prunes the ticket that search.sh drew, by 30% or by $PERCENT.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./baseline/vgg16-cifar100}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 35

earlybird prune \
  --dataset cifar100 \
  --test-batch-size 256 \
  --depth 16 \
  --percent "$ratio" \
  --model "$ticket" \
  --save "$folder/pruned_$tag" \
  --gpu_ids 0 \
  --pth \
  "$@"
