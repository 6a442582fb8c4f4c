#!/usr/bin/env bash
# Evaluates the best network of retrain_continue.sh: top-1 and top-5.
# (The original evaluates one pruned by 10%, which none of its scripts makes.)
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet18}
ratio=${PERCENT:-0.3}
drawn "$folder" "$ratio" 11

earlybird evaluate \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet18 \
  --depth 18 \
  --lr 0.1 \
  --epochs 90 \
  --schedule 30 60 \
  --batch-size 128 \
  --test-batch-size 64 \
  --save "$folder/temp" \
  --resume "$folder/retrain_$tag/model_best.pth.tar" \
  --scratch "$folder/pruned_$tag/pruned.pth.tar" \
  --momentum 0.9 \
  --sparsity-regularization \
  --gpu_ids 0 \
  "$@"
