#!/usr/bin/env bash
# Searches for the tickets of ResNet-50 on ImageNet; --data DIR says where that is.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet50}

earlybird search \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet50_official \
  --depth 50 \
  --lr 0.1 \
  --epochs 90 \
  --schedule 30 60 \
  --batch-size 256 \
  --test-batch-size 64 \
  --save "$folder" \
  --momentum 0.9 \
  --sparsity-regularization \
  --gpu_ids 0,1,2,3 \
  --pth \
  "$@"
