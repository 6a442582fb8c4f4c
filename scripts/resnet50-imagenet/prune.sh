#!/usr/bin/env bash
# Prunes the ticket that search.sh drew, by 70% or by $PERCENT.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet50}
ratio=${PERCENT:-0.7}
drawn "$folder" "$ratio" 8

earlybird prune \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet50_official \
  --test-batch-size 128 \
  --depth 50 \
  --percent "$ratio" \
  --model "$ticket" \
  --save "$folder/pruned_$tag" \
  --pth \
  "$@"
