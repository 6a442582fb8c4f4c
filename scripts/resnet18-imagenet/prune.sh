#!/usr/bin/env bash
# Prunes the ticket that search.sh drew, by 30% or by $PERCENT.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet18}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 11

earlybird prune \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet18 \
  --test-batch-size 128 \
  --depth 18 \
  --percent "$ratio" \
  --model "$ticket" \
  --save "$folder/pruned_$tag" \
  --pth \
  "$@"
