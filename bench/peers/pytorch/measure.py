"""What the peers share: arguments, timing, ceilings and the line of JSON that each prints."""

import argparse
import json
import statistics
import sys
import time

import torch

from networks import ARCHITECTURES, training_flops


def arguments(variants, description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--arch", choices=sorted(ARCHITECTURES), default="vgg16")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    args = parser.parse_args()
    if args.batch < 1 or args.steps < 1 or args.warmup < 0:
        parser.error("--batch and --steps must be 1 or more, --warmup 0 or more")
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit(f"{sys.argv[0]}: no CUDA device (PyTorch {torch.__version__})")
    return args


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def matmul_peak(device, dtype):
    """TFLOP/s of a large square product on random data: the ceiling of this run."""
    size = 8192 if device == "cuda" else 512
    a = torch.randn(size, size, device=device).to(dtype)
    b = torch.randn(size, size, device=device).to(dtype)
    times = []
    for _ in range(12):
        synchronize(device)
        start = time.perf_counter()
        a @ b
        synchronize(device)
        times.append(time.perf_counter() - start)
    return 2 * size**3 / statistics.median(times[3:]) / 1e12


def report(args, model, step, dtype, peak_name):
    """Times `step` and prints one line of JSON. `model` is the plain network, for counting."""
    started = time.perf_counter()
    for _ in range(args.warmup):
        step()
    synchronize(args.device)
    preparation = time.perf_counter() - started
    millis = []
    for _ in range(args.steps):
        synchronize(args.device)
        start = time.perf_counter()
        step()
        synchronize(args.device)
        millis.append((time.perf_counter() - start) * 1e3)
    start = time.perf_counter()
    for _ in range(args.steps):
        step()
    synchronize(args.device)
    queued = (time.perf_counter() - start) * 1e3 / args.steps
    memory = torch.cuda.max_memory_allocated() if args.device == "cuda" else 0
    best = min(queued, statistics.median(millis))
    tflops = training_flops(model.float(), args.batch) / best / 1e9
    peak = matmul_peak(args.device, dtype)
    print(
        json.dumps(
            {
                "peer": "pytorch",
                "program": sys.argv[0].rsplit("/", 1)[-1],
                "variant": args.variant,
                "arch": args.arch,
                "batch": args.batch,
                "steps": args.steps,
                "ms_median": round(statistics.median(millis), 4),
                "ms_min": round(min(millis), 4),
                "ms_max": round(max(millis), 4),
                "ms_queued": round(queued, 4),
                "images_per_s": round(args.batch / best * 1e3, 1),
                "tflops": round(tflops, 3),
                "matmul_peak_tflops": round(peak, 2),
                "matmul_peak_type": peak_name,
                "share_of_peak": round(tflops / peak, 4),
                "peak_memory_bytes": memory,
                "warmup_s": round(preparation, 2),
                "torch": torch.__version__,
                "cuda": torch.version.cuda,
                "cudnn": torch.backends.cudnn.version(),
                "device": torch.cuda.get_device_name() if args.device == "cuda" else "cpu",
            }
        ),
        flush=True,
    )


def scales(model):
    """Batch norm's weights, which get the L1 subgradient of network slimming."""
    return [m.weight for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
