#!/usr/bin/env bash
# Compares the masks of all epochs of the search, and draws the matrix.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./baseline/vgg16-cifar100}

earlybird mask-distance \
  --dataset cifar100 \
  --start_epoch 1 \
  --end_epoch 160 \
  --depth 16 \
  --arch vgg \
  --percent "${PERCENT:-0.5}" \
  --save "$folder" \
  --save_1 "$folder" \
  "$@"
