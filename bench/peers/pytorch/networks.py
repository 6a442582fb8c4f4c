"""VGG-16 and PreResNet-101 for 32x32 pictures, in plain PyTorch."""

import torch
from torch import nn


def vgg16(classes=10):
    """Thirteen 3x3 convolutions with batch norm and ReLU, four poolings, one linear layer."""
    layers, channels = [], 3
    for stage, (width, depth) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]):
        if stage > 0:
            layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            layers += [
                nn.Conv2d(channels, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
    return nn.Sequential(*layers, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(512, classes))


class Bottleneck(nn.Module):
    """Norm and ReLU before each of three convolutions, plus the stream that came in."""

    def __init__(self, channels, planes, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, planes, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels != 4 * planes:
            self.downsample = nn.Conv2d(channels, 4 * planes, 1, stride=stride, bias=False)

    def forward(self, x):
        y = self.conv1(self.relu(self.bn1(x)))
        y = self.conv2(self.relu(self.bn2(y)))
        y = self.conv3(self.relu(self.bn3(y)))
        return y + (x if self.downsample is None else self.downsample(x))


def preresnet101(classes=10):
    """Three stages of eleven bottlenecks."""
    layers, channels = [nn.Conv2d(3, 16, 3, padding=1, bias=False)], 16
    for stage, planes in enumerate([16, 32, 64]):
        for block in range(11):
            layers.append(Bottleneck(channels, planes, 2 if stage > 0 and block == 0 else 1))
            channels = 4 * planes
    return nn.Sequential(
        *layers,
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
        nn.AvgPool2d(8),
        nn.Flatten(),
        nn.Linear(channels, classes),
    )


ARCHITECTURES = {"vgg16": vgg16, "preresnet101": preresnet101}


def training_flops(model, batch):
    """Floating-point operations of the products of one step: forward and both gradients; the first
    convolution needs no gradient of its input."""
    macs, hooks = [], []

    def count(module, _, output):
        weight = module.weight
        macs.append(weight[0].numel() * output.numel())

    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            hooks.append(module.register_forward_hook(count))
    device = next(model.parameters()).device
    with torch.no_grad():
        model(torch.zeros(batch, 3, 32, 32, device=device))
    for hook in hooks:
        hook.remove()
    return 2 * (3 * sum(macs) - macs[0])
