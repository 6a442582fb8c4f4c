"""One training step as fast as we can write it in PyTorch: channels_last, bf16 autocast, data and
augmentation on the device, nothing read back, fused SGD.

Variants: `compile-max` (torch.compile, max-autotune with CUDA graphs), `compile-graphs`
(torch.compile, reduce-overhead), `graph` (eager kernels of the whole step, captured by hand in one
CUDA graph), `eager` (the same kernels one by one, the only one that also runs on the CPU).
"""

import torch
from torch import nn

from measure import arguments, report, scales
from networks import ARCHITECTURES


# PyTorch before 2.1 has no fused one; only rehearsals on a processor meet it.
signs = getattr(torch, "_foreach_sign", lambda tensors: [t.sign() for t in tensors])


class Data:
    """A resident data set of CIFAR's size; `fill` makes the next augmented batch in place."""

    def __init__(self, batch, device):
        generator = torch.Generator(device="cpu").manual_seed(1)
        pixels = torch.randint(0, 256, (50000, 3, 32, 32), generator=generator, dtype=torch.uint8)
        self.pixels = nn.functional.pad(pixels, (4, 4, 4, 4)).to(device)
        self.labels = torch.randint(0, 10, (50000,), generator=generator).to(device)
        self.batch, self.device = batch, device
        self.rows = torch.arange(32, device=device)
        self.mean = torch.tensor([0.4914, 0.4822, 0.4465], device=device).view(1, 3, 1, 1) * 255
        self.scale = 1 / (
            torch.tensor([0.2023, 0.1994, 0.2010], device=device).view(1, 3, 1, 1) * 255
        )
        self.x = torch.empty(batch, 3, 32, 32, device=device).to(memory_format=torch.channels_last)
        self.y = torch.empty(batch, dtype=torch.long, device=device)

    def fill(self):
        n = self.batch
        index = torch.randint(0, 50000, (n,), device=self.device)
        top = torch.randint(0, 9, (n, 1), device=self.device)
        left = torch.randint(0, 9, (n, 1), device=self.device)
        mirror = torch.randint(0, 2, (n, 1), device=self.device).bool()
        rows = top + self.rows
        columns = left + torch.where(mirror, 31 - self.rows, self.rows)
        pictures = self.pixels[index[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        pictures = pictures.permute(0, 3, 1, 2)
        self.x.copy_((pictures - self.mean) * self.scale)
        self.y.copy_(self.labels[index])


def main():
    args = arguments(["compile-max", "compile-graphs", "graph", "eager"], __doc__)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(1)
    model = ARCHITECTURES[args.arch]().to(args.device, memory_format=torch.channels_last)
    fused = {"fused": True} if args.device == "cuda" else {"foreach": True}
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, **fused
    )
    data = Data(args.batch, args.device)
    norms = scales(model)
    total = torch.zeros((), device=args.device)

    def forward():
        with torch.autocast(args.device, torch.bfloat16):
            return nn.functional.cross_entropy(model(data.x), data.y)

    if args.variant.startswith("compile"):
        mode = "max-autotune" if args.variant == "compile-max" else "reduce-overhead"
        network = torch.compile(model, mode=mode)

        def forward():
            with torch.autocast(args.device, torch.bfloat16):
                return nn.functional.cross_entropy(network(data.x), data.y)

    def update(loss):
        loss.backward()
        with torch.no_grad():
            torch._foreach_add_([w.grad for w in norms], signs([w.detach() for w in norms]), alpha=1e-4)
        optimizer.step()
        total.add_(loss.detach())

    def eager():
        if args.variant.startswith("compile"):
            torch.compiler.cudagraph_mark_step_begin()
        data.fill()
        optimizer.zero_grad(set_to_none=args.variant != "graph")
        update(forward())

    step = eager
    if args.variant == "graph":
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5):
                eager()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            eager()
        step = graph.replay
    report(args, model, step, torch.bfloat16, "bf16")
    if not torch.isfinite(total).item():
        raise SystemExit("best.py: the loss is not finite")


if __name__ == "__main__":
    main()
