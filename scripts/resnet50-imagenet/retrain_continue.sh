#!/usr/bin/env bash
# Trains what prune.sh pruned, with its weights, from the epoch in the name of its ticket, without
# the term for sparsity, as the original.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet50}
ratio=${PERCENT:-0.7}
drawn "$folder" "$ratio" 8

earlybird retrain \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet50_prune \
  --depth 50 \
  --lr 0.1 \
  --epochs 90 \
  --schedule 30 60 \
  --batch-size 256 \
  --test-batch-size 128 \
  --save "$folder/retrain_$tag" \
  --scratch "$folder/pruned_$tag/pruned.pth.tar" \
  --momentum 0.9 \
  --no-sr \
  --gpu_ids 4,5,6,7 \
  --port 14000 \
  --start-epoch "$number" \
  --pth \
  "$@"
