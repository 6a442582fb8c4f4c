#!/usr/bin/env bash
# Searches for the tickets of VGG-16 on CIFAR-10 in 8 bits.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./lp_baseline/vgg16-cifar10}

earlybird search \
  --dataset cifar10 \
  --arch vgg \
  --depth 16 \
  --lr 0.1 \
  --epochs 160 \
  --schedule 80 120 \
  --batch-size 256 \
  --test-batch-size 256 \
  --save "$folder" \
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
