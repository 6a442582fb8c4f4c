#!/usr/bin/env bash
# Trains what prune.sh pruned in 8 bits, with its weights, from the epoch in the name of its
# ticket.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./lp_baseline/vgg16-cifar10}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 32

earlybird retrain \
  --dataset cifar10 \
  --arch vgg \
  --depth 16 \
  --lr 0.1 \
  --epochs 160 \
  --schedule 80 120 \
  --batch-size 256 \
  --test-batch-size 128 \
  --scratch "$folder/pruned_$tag/pruned.pth.tar" \
  --save "$folder/lp_retrain_$tag" \
  --start-epoch "$number" \
  --momentum 0.9 \
  --sparsity-regularization \
  --swa True \
  --swa_start 140 \
  --wl-weight 8 \
  --wl-grad 8 \
  --wl-activate 8 \
  --wl-error 8 \
  --wl-momentum 8 \
  --rounding stochastic \
  --pth \
  "$@"
