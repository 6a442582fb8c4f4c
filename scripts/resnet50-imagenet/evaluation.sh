#!/usr/bin/env bash
# Evaluates the best network of retrain_continue.sh: top-1 and top-5.
# (The original evaluates one pruned by 30%, its other scripts prune by 70%.)
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet50}
ratio=${PERCENT:-0.7}
drawn "$folder" "$ratio" 8

earlybird evaluate \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet50_prune \
  --depth 50 \
  --lr 0.1 \
  --epochs 90 \
  --schedule 30 60 \
  --batch-size 128 \
  --test-batch-size 128 \
  --save "$folder/temp" \
  --scratch "$folder/pruned_$tag/pruned.pth.tar" \
  --resume "$folder/retrain_$tag/model_best.pth.tar" \
  --momentum 0.9 \
  --gpu_ids 0,1,2,3 \
  "$@"
