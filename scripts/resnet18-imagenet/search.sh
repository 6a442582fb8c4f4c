#!/usr/bin/env bash
# Searches for the tickets of ResNet-18 on ImageNet; --data DIR says where that is.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

folder=${FOLDER:-./EBTrain-ImageNet/ResNet18}

earlybird search \
  --dataset imagenet \
  --data /data3/imagenet-data/raw-data \
  --arch resnet18 \
  --depth 18 \
  --lr 0.1 \
  --epochs 90 \
  --schedule 30 60 \
  --batch-size 256 \
  --test-batch-size 64 \
  --save "$folder" \
  --momentum 0.9 \
  --sparsity-regularization \
  --pth \
  "$@"
