"""One training step the way the original code does it: eager PyTorch, NCHW, pictures that a data
loader decodes, crops, flips and normalises one by one, and a host that waits for every loss.

Variants: `default` (TF32 convolutions, fp32 products, PyTorch's defaults), `fp32` (IEEE fp32).
"""

import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from measure import arguments, report, scales
from networks import ARCHITECTURES

try:
    from PIL import Image
except ImportError:
    Image = None

MEAN = np.array([0.4914, 0.4822, 0.4465], np.float32)
DEVIATION = np.array([0.2023, 0.1994, 0.2010], np.float32)


class Pictures(Dataset):
    """As many random pictures as CIFAR has, padded, cropped, mirrored and normalised one by one."""

    def __init__(self):
        generator = np.random.default_rng(1)
        self.pixels = generator.integers(0, 256, (50000, 32, 32, 3), np.uint8)
        self.labels = generator.integers(0, 10, 50000)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        picture = np.pad(self.pixels[index], ((4, 4), (4, 4), (0, 0)))
        top, left = random.randint(0, 8), random.randint(0, 8)
        if Image is not None:
            image = Image.fromarray(picture).crop((left, top, left + 32, top + 32))
            if random.random() < 0.5:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            picture = np.asarray(image)
        else:
            picture = picture[top : top + 32, left : left + 32]
            if random.random() < 0.5:
                picture = picture[:, ::-1]
        scaled = (picture.astype(np.float32) / 255 - MEAN) / DEVIATION
        return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1))), int(
            self.labels[index]
        )


def forever(loader):
    while True:
        yield from loader


def main():
    args = arguments(["default", "fp32"], __doc__)
    if args.variant == "fp32":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(1)
    model = ARCHITECTURES[args.arch]().to(args.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    pinned = args.device == "cuda"
    loader = DataLoader(
        Pictures(), args.batch, shuffle=True, num_workers=4, pin_memory=pinned, drop_last=True
    )
    batches = forever(loader)

    def step():
        pictures, labels = next(batches)
        pictures, labels = pictures.to(args.device), labels.to(args.device)
        optimizer.zero_grad()
        logits = model(pictures)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.item()
        logits.max(1)[1].eq(labels).sum().item()
        loss.backward()
        for weight in scales(model):
            weight.grad.data.add_(1e-4 * torch.sign(weight.data))
        optimizer.step()

    tf32 = args.variant == "default"
    if tf32:
        torch.backends.cuda.matmul.allow_tf32 = True  # for the ceiling: convolutions use TF32
    report(args, model, step, torch.float32, "tf32" if tf32 else "fp32")


if __name__ == "__main__":
    main()
