"""Loads our commands' files into plain PyTorch networks and writes their logits.

networks.py FOLDER: FOLDER/jobs.json lists {name, arch, file}; writes FOLDER/report.json. The networks
are written from the paper's description, for pictures of 32x32.
"""

import json
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F


class Vgg(nn.Module):
    def __init__(self, cfg, classes):
        super().__init__()
        layers, channels = [], 3
        for width in cfg:
            if width == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [
                    nn.Conv2d(channels, width, 3, padding=1, bias=False),
                    nn.BatchNorm2d(width),
                    nn.ReLU(),
                ]
                channels = width
        self.feature = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x):
        return self.classifier(F.avg_pool2d(self.feature(x), 2).flatten(1))


class Select(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.indexes = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x[:, self.indexes.detach() != 0]


class Block(nn.Module):
    def __init__(self, stream, planes, cfg, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(stream)
        self.select = Select(stream)
        self.conv1 = nn.Conv2d(cfg[0], cfg[1], 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cfg[1])
        self.conv2 = nn.Conv2d(cfg[1], cfg[2], 3, stride=stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(cfg[2])
        self.conv3 = nn.Conv2d(cfg[2], planes * 4, 1, bias=False)
        if stride != 1 or stream != planes * 4:
            self.downsample = nn.Sequential(
                nn.Conv2d(stream, planes * 4, 1, stride=stride, bias=False)
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, x):
        y = self.conv1(F.relu(self.select(self.bn1(x))))
        y = self.conv2(F.relu(self.bn2(y)))
        y = self.conv3(F.relu(self.bn3(y)))
        return y + self.downsample(x)


class PreResNet(nn.Module):
    def __init__(self, cfg, classes):
        super().__init__()
        blocks, stream = (len(cfg) - 1) // 9, 16
        self.conv1 = nn.Conv2d(3, stream, 3, padding=1, bias=False)
        for stage, planes in enumerate((16, 32, 64)):
            layers = []
            for b in range(blocks):
                at = 3 * (stage * blocks + b)
                stride = 2 if stage > 0 and b == 0 else 1
                layers.append(Block(stream, planes, cfg[at : at + 3], stride))
                stream = planes * 4
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.bn = nn.BatchNorm2d(stream)
        self.select = Select(stream)
        self.fc = nn.Linear(cfg[-1], classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        x = F.relu(self.select(self.bn(x)))
        return self.fc(F.avg_pool2d(x, 8).flatten(1))


class BasicBlock(nn.Module):
    def __init__(self, inputs, selected, width, outputs, stride):
        super().__init__()
        self.select = Select(inputs)
        self.conv1 = nn.Conv2d(selected, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity()
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(self.select(x))))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, first, second, outputs, stride, begins):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, first, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.conv2 = nn.Conv2d(first, second, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(second)
        self.conv3 = nn.Conv2d(second, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity()
        if begins:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """Stem, four stages, classifier; subclasses make the stages."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, stride=2, padding=1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class ResNet18(ResNet):
    def __init__(self, cfg, classes):
        streams = cfg[16:] or [64, 128, 256, 512]
        super().__init__(streams[0])
        inputs = streams[0]
        for stage, outputs in enumerate(streams):
            blocks = []
            for b in range(2):
                at = 2 * (2 * stage + b)
                stride = 2 if stage > 0 and b == 0 else 1
                blocks.append(BasicBlock(inputs, cfg[at], cfg[at + 1], outputs, stride))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)
        self.select = Select(64)  # in the original's state, though nothing uses it


class ResNet50(ResNet):
    def __init__(self, cfg, classes):
        super().__init__(cfg[0])
        inputs, at = cfg[0], 2
        for stage, count in enumerate((3, 4, 6, 3)):
            blocks = []
            for b in range(count):
                stride = 2 if stage > 0 and b == 0 else 1
                blocks.append(Bottleneck(inputs, *cfg[at : at + 3], stride, b == 0))
                inputs = cfg[at + 2]
                at += 3
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)


NETWORKS = {"vgg": Vgg, "resnet": PreResNet, "resnet18": ResNet18, "resnet50": ResNet50}


def load(path):
    try:
        return torch.load(path, weights_only=False)
    except TypeError:  # before 1.13
        return torch.load(path)


def allows_weights_only(path):
    try:
        torch.load(path, weights_only=True)
        return True
    except Exception:  # what it raises differs between versions
        return False


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    x = (torch.arange(4 * 3 * 32 * 32) % 251).float().reshape(4, 3, 32, 32) / 125 - 1
    probe = folder / "probe.pth.tar"
    torch.save({"a": 0.5}, probe)
    report = {"weights_only_knows_floats": allows_weights_only(probe)}
    for job in json.loads((folder / "jobs.json").read_text()):
        checkpoint = load(job["file"])
        model = NETWORKS[job["arch"]](job["cfg"], 10)
        model.load_state_dict(checkpoint["state_dict"], strict=True)
        entry = {
            "keys": list(checkpoint),
            "cfg": checkpoint.get("cfg"),
            "epoch": checkpoint.get("epoch"),
            "weights_only": allows_weights_only(job["file"]),
        }
        if "optimizer" in checkpoint:
            optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=0.9)
            optimizer.load_state_dict(checkpoint["optimizer"])
            entry["lr"] = optimizer.param_groups[0]["lr"]
            model.train()
            F.cross_entropy(model(x), torch.tensor([1, 2, 3, 4])).backward()
            optimizer.step()
            model.load_state_dict(checkpoint["state_dict"], strict=True)
        model.eval()
        entry["logits"] = model(x).detach().flatten().tolist()
        report[job["name"]] = entry
    (folder / "report.json").write_text(json.dumps(report))


main()
