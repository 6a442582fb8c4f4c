"""What a real PyTorch makes of our files, and files of its own for us to read.

interop.py FOLDER: loads ours.{init,checkpoint,pruned,swa}.pth.tar there, writes theirs.*.pth.tar
and report.json.
"""

import json
import pathlib
import sys
import zlib

import torch

WIDTHS = [4, "M", 6, "M", 6, "M", 8, "M", 8]


class Vgg(torch.nn.Module):
    def __init__(self, widths):
        super().__init__()
        layers, channels = [], 3
        for width in widths:
            if width == "M":
                layers.append(torch.nn.MaxPool2d(2, 2))
            else:
                layers.append(torch.nn.Conv2d(channels, width, 3, padding=1, bias=False))
                layers.append(torch.nn.BatchNorm2d(width))
                layers.append(torch.nn.ReLU(inplace=True))
                channels = width
        self.feature = torch.nn.Sequential(*layers)
        self.classifier = torch.nn.Linear(channels, 10)

    def forward(self, x):
        x = torch.nn.functional.avg_pool2d(self.feature(x), 2)
        return self.classifier(x.flatten(1))


def crc(tensor):
    return zlib.crc32(bytes(tensor.contiguous().view(-1).numpy().tobytes()))


def describe(state):
    return {k: [str(v.dtype), list(v.shape), crc(v)] for k, v in state.items()}


def weights_only(path):
    try:
        torch.load(path, weights_only=True)
        return True
    except Exception as error:  # what it raises differs between versions
        return f"{type(error).__name__}: {error}"


def load(path):
    try:
        return torch.load(path, weights_only=False)
    except TypeError:  # before 1.13
        return torch.load(path)


def new_optimizer(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)


def read_ours(folder, x):
    report = {}
    for name in ("init", "checkpoint", "pruned", "swa"):
        path = folder / f"ours.{name}.pth.tar"
        loaded = load(path)
        state = loaded["state_dict"]
        model = Vgg(loaded.get("cfg", WIDTHS))
        model.load_state_dict(state, strict=True)
        model.eval()
        entry = {
            "keys": list(loaded),
            "type": type(state).__name__,
            "plain": {k: v for k, v in loaded.items() if k not in ("state_dict", "optimizer")},
            "state": describe(state),
            "logits": model(x).detach().flatten().tolist(),
            "weights_only": weights_only(path),
        }
        if "optimizer" in loaded:
            optimizer = new_optimizer(model)
            optimizer.load_state_dict(loaded["optimizer"])
            names = [n for n, _ in model.named_parameters()]
            buffers = [optimizer.state[p].get("momentum_buffer") for p in model.parameters()]
            entry["momenta"] = describe({n: b for n, b in zip(names, buffers) if b is not None})
            entry["lr"] = optimizer.param_groups[0]["lr"]
        report[name] = entry
    return report


def write_theirs(folder, x):
    torch.manual_seed(1)
    model = Vgg(WIDTHS)
    optimizer = new_optimizer(model)
    for _ in range(2):
        loss = torch.nn.functional.cross_entropy(model(x), torch.arange(len(x)) % 10)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    parallel = {f"module.{k}": v for k, v in model.state_dict().items()}
    checkpoint = {
        "epoch": 3,
        "state_dict": model.state_dict(),
        "best_prec1": 12.5,
        "optimizer": optimizer.state_dict(),
    }
    model.eval()
    base = torch.arange(24.0).reshape(4, 6)
    kinds = {
        "half": base.half(),
        "bfloat16": base.bfloat16(),
        "double": base.double(),
        "column": base[:, 2],
        "transposed": base.t(),
        "shared": base,
        "flags": base > 7,
        "int8": base.char(),
        "int16": base.short(),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
        "parameter": torch.nn.Parameter(base),
        "dtype": torch.float16,
        "size": base.size(),
        "device": torch.device("cpu"),
        "big": 2**70,
        "text": "h\u00e9llo",
    }
    for layout, zipped in (("zip", True), ("legacy", False)):
        for name, value in (
            ("checkpoint", checkpoint),
            ("parallel", {"state_dict": parallel}),
            ("kinds", kinds),
        ):
            path = folder / f"theirs.{name}.{layout}.pth.tar"
            torch.save(value, path, _use_new_zipfile_serialization=zipped)
    optimizer_state = optimizer.state_dict()["state"]
    names = [n for n, _ in model.named_parameters()]
    return {
        "state": describe(model.state_dict()),
        "momenta": describe({n: optimizer_state[i]["momentum_buffer"] for i, n in enumerate(names)}),
        "logits": model(x).detach().flatten().tolist(),
        "column": kinds["column"].tolist(),
        "transposed": base.t().flatten().tolist(),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    x = (torch.arange(4 * 3 * 32 * 32) % 251).float().reshape(4, 3, 32, 32) / 125 - 1
    probe = folder / "probe.pth.tar"
    torch.save({"a": 0.5}, probe)
    report = {
        "version": torch.__version__,
        "weights_only_knows_floats": weights_only(probe) is True,
        "ours": read_ours(folder, x),
        "theirs": write_theirs(folder, x),
    }
    (folder / "report.json").write_text(json.dumps(report))


main()
