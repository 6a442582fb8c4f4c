#!/usr/bin/env bash
# Trains what prune.sh pruned, with its weights, from the epoch in the name of its ticket.
# (The original reads a network pruned by 10%, which none of its scripts makes.)
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./baseline/vgg16-cifar100}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 35

earlybird retrain \
  --dataset cifar100 \
  --arch vgg \
  --depth 16 \
  --lr 0.1 \
  --epochs 160 \
  --schedule 80 120 \
  --batch-size 256 \
  --test-batch-size 128 \
  --save "$folder/retrain_$tag" \
  --momentum 0.9 \
  --sparsity-regularization \
  --scratch "$folder/pruned_$tag/pruned.pth.tar" \
  --start-epoch "$number" \
  --pth \
  "$@"
