#!/usr/bin/env bash
# Trains what prune.sh pruned, with its weights, from the epoch in the name of its ticket.
# (The original reads a network pruned by 10%, which none of its scripts makes.)
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet18}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 11

earlybird retrain \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet18 \
  --depth 18 \
  --lr 0.1 \
  --epochs 90 \
  --schedule 30 60 \
  --batch-size 128 \
  --test-batch-size 64 \
  --save "$folder/retrain_$tag" \
  --momentum 0.9 \
  --sparsity-regularization \
  --scratch "$folder/pruned_$tag/pruned.pth.tar" \
  --start-epoch "$number" \
  --pth \
  "$@"
