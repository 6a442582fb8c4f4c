"""Loads our commands' files into plain PyTorch networks and writes their logits.

networks.py FOLDER: FOLDER/jobs.json lists {name, arch, file}; writes FOLDER/report.json. The networks
are written from the paper's description, for CIFAR pictures.
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
        model = {"vgg": Vgg, "resnet": PreResNet}[job["arch"]](job["cfg"], 10)
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
