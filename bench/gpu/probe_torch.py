# SPDX-License-Identifier: Apache-2.0
"""The same copy and products as GpuProbe, in PyTorch, for the ratio. Argument: the JSON file."""
import json
import statistics
import sys

import torch


def median_ms(work, count, repeats=7):
    for _ in range(count):
        work()
    times = []
    for _ in range(repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(count):
            work()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / count)
    return statistics.median(times)


def product(n, batch, dtype, tf32, count):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    shape = (batch, n, n) if batch > 1 else (n, n)
    a, b = (torch.rand(shape, device="cuda", dtype=dtype) - 0.5 for _ in range(2))
    c = torch.empty_like(a)
    ms = median_ms(lambda: torch.matmul(a, b, out=c), count)
    return 2.0 * n**3 * batch / ms / 1e9


def replay(chain=100):
    x = torch.zeros(4096, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(chain):
            x.add_(1.0)
    return 1e3 * median_ms(graph.replay, 50) / chain


def main():
    size = 2 << 30
    a, b = (torch.zeros(size // 4, device="cuda") for _ in range(2))
    found = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "device": torch.cuda.get_device_name(),
        "deviceToDeviceGBs": 2.0 * size / median_ms(lambda: b.copy_(a), 4) / 1e6,
    }
    del a, b
    f, d = torch.float32, torch.float64
    for name, arguments in {
        "F32 1x8192 TFLOP/s": (8192, 1, f, False, 3),
        "TF32 1x8192 TFLOP/s": (8192, 1, f, True, 3),
        "F64 1x4096 TFLOP/s": (4096, 1, d, False, 3),
        "F32 1024x128 TFLOP/s": (128, 1024, f, False, 10),
        "TF32 1024x128 TFLOP/s": (128, 1024, f, True, 10),
    }.items():
        found[name] = product(*arguments)
    found["microsPerGraphNode"] = replay()
    with open(sys.argv[1], "w") as out:
        json.dump(found, out, indent=2)
    print(found)


if __name__ == "__main__":
    main()
