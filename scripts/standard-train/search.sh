#!/usr/bin/env bash
# Searches for the tickets of VGG-16 on CIFAR-100.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./baseline/vgg16-cifar100}

earlybird search \
  --dataset cifar100 \
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
  --pth \
  "$@"
