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
    parser.add_argument(
        "--turns", action="store_true", help="obey lines: 'run N' times N steps, 'quit' ends"
    )
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


def environment(args, dtype, peak_name):
    """What a figure of this process depends on, and its ceiling."""
    return {
        "peer": "pytorch",
        "program": sys.argv[0].rsplit("/", 1)[-1],
        "variant": args.variant,
        "arch": args.arch,
        "batch": args.batch,
        "matmul_peak_tflops": round(matmul_peak(args.device, dtype), 4),
        "matmul_peak_type": peak_name,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "device": torch.cuda.get_device_name() if args.device == "cuda" else "cpu",
    }


def turns(args, step, dtype, peak_name):
    """Says that it is ready, then does steps when it is told to, and sleeps in between."""
    for _ in range(args.warmup):
        step()
    synchronize(args.device)
    print(json.dumps(environment(args, dtype, peak_name)), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["run"] and len(words) == 2:
            steps = int(words[1])
            start = time.perf_counter()
            for _ in range(steps):
                step()
            synchronize(args.device)
            print(json.dumps({"ms": (time.perf_counter() - start) * 1e3 / steps}), flush=True)
        elif words == ["quit"]:
            return
        else:
            sys.exit(f"{sys.argv[0]}: no such order: {line!r}")


def report(args, model, step, dtype, peak_name):
    """Times `step` and prints one line of JSON. `model` is the plain network, for counting."""
    if args.turns:
        turns(args, step, dtype, peak_name)
        return
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
    facts = environment(args, dtype, peak_name)
    print(
        json.dumps(
            {
                **facts,
                "steps": args.steps,
                "ms_median": round(statistics.median(millis), 4),
                "ms_min": round(min(millis), 4),
                "ms_max": round(max(millis), 4),
                "ms_queued": round(queued, 4),
                "images_per_s": round(args.batch / best * 1e3, 1),
                "tflops": round(tflops, 3),
                "share_of_peak": round(tflops / max(facts["matmul_peak_tflops"], 1e-9), 4),
                "peak_memory_bytes": memory,
                "warmup_s": round(preparation, 2),
            }
        ),
        flush=True,
    )


def scales(model):
    """Batch norm's weights, which get the L1 subgradient of network slimming."""
    return [m.weight for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
