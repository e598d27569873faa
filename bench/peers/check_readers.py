# SPDX-License-Identifier: Apache-2.0
"""Compares what Rigor's readers read with NumPy, safetensors, pandas and Pillow.

    python bench/peers/check_readers.py FOLDER [--record FILE ROUNDS]

FOLDER as ReaderHuntTest writes it: a file FORMAT-ROUND.ENDING for each accepted input and
FORMAT-ROUND.answer with what was read. Prints, for each format, how many were compared, where the
peer refuses what was accepted, and where the two differ; exits with 1 if any differ. With --record
the peers' answers to the first ROUNDS rounds are written as FILE.
"""
import collections
import hashlib
import io
import os
import re
import struct
import sys

import numpy as np
import pandas as pd
from PIL import Image
from safetensors import safe_open

NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
# libjpeg and libjpeg-turbo differ by a step of eight bits where chroma is interpolated.
STEPS = {"jpeg": 2}
# Others are written by the JDK's encoders, whose bytes may differ between its versions.
RECORDED = ("npy", "npz", "cifar", "safetensors", "csv", "png", "idx")


def answer(line, values):
    v = np.ascontiguousarray(values, "<f8")
    v = np.where(np.isnan(v), np.frombuffer(struct.pack("<Q", 0x7FF8 << 48), "<f8")[0], v)
    return line.encode() + b"\n" + v.tobytes()


def tensors(arrays):
    out = b""
    for name in sorted(arrays):
        a = arrays[name]
        out += answer(name + " " + str(list(a.shape)), a.astype("<f8").ravel())
    return out


def npz(file):
    with np.load(file, allow_pickle=False) as z:
        return tensors({n[:-4]: z[n] for n in z.zip.namelist() if n.endswith(".npy")})


def npy(file):
    return tensors({"x": np.load(file, allow_pickle=False)})


def cifar(file):
    """Records of a label and three planes of 32 x 32 bytes, as cs.toronto.edu/~kriz describes."""
    records = np.fromfile(file, np.uint8).reshape(-1, 3073)
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    x = planes.transpose(0, 2, 3, 1).astype(np.float32) / np.float32(255)
    return tensors({"x": x, "y": records[:, 0]})


def safetensors(file):
    out = {}
    with safe_open(file, "numpy") as f:
        for name in f.keys():
            if f.get_slice(name).get_dtype() == "BF16":
                return None  # NumPy has no such type.
            out[name] = f.get_tensor(name)
    return tensors(out)


def csv(file):
    text = open(file, "rb").read().decode("utf-8-sig")
    found = []
    for sep in ",;\t":
        try:
            frame = pd.read_csv(
                io.StringIO(text), sep=sep, header=None, dtype=str, keep_default_na=False,
                skipinitialspace=True, na_filter=False)
        except pd.errors.ParserError:
            continue
        rows = [[c.strip() for c in row] for row in frame.to_numpy().tolist()]
        named = not any(NUMBER.fullmatch(c) for c in rows[0])
        body = rows[1:] if named else rows
        if body and all(NUMBER.fullmatch(c) for row in body for c in row):
            names = "\x1f".join(rows[0]) if named else ""
            line = "%d %d %s" % (len(body), len(rows[0]), names)
            found.append((len(rows[0]), answer(line, [float(c) for r in body for c in r])))
    return max(found, default=(0, b"pandas finds no table"))[1]


def picture(file):
    im = Image.open(file)
    im.load()
    head = open(file, "rb").read(26)
    if head[:4] == b"\x89PNG" and head[24] == 16 and head[25] != 0:
        return None  # Pillow cuts 16 bits to 8, but for grey alone.
    if im.mode in ("I;16", "I;16B", "I"):
        v, largest = np.asarray(im).astype(np.float32), 65535
    elif im.mode in ("1", "L", "LA"):
        v = np.asarray(im.convert("LA") if im.mode == "LA" else im.convert("L"))
        v, largest = (v[..., 0] if v.ndim == 3 else v), 255
    else:
        if im.mode in ("P", "PA"):
            p = np.array(im.getpalette("RGB"), np.uint8).reshape(-1, 3)
            v = p[np.asarray(im)]
            if (p == p[:, :1]).all():
                v = v[..., 0]
        else:
            v = np.asarray(im.convert("RGB"))
        largest = 255
    channels = v.shape[2] if v.ndim == 3 else 1
    line = "%d %d %d" % (v.shape[0], v.shape[1], channels)
    return answer(line, (v.astype(np.float32) / np.float32(largest)).ravel())


def idx(file):
    b = open(file, "rb").read()
    kinds = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    rank = b[3]
    dims = struct.unpack(">%dI" % rank, b[4:4 + 4 * rank])
    a = np.frombuffer(b, kinds[b[2]], offset=4 + 4 * rank)
    return tensors({"x": a.reshape(dims)})


PEERS = {"npy": npy, "npz": npz, "cifar": cifar, "safetensors": safetensors, "csv": csv,
         "png": picture, "jpeg": picture, "gif": picture, "bmp": picture, "idx": idx}


def close(format, ours, theirs):
    if ours == theirs or format not in STEPS:
        return ours == theirs
    (a, x), (b, y) = (s.split(b"\n", 1) for s in (ours, theirs))
    if a != b:
        return False
    return np.abs(np.frombuffer(x) - np.frombuffer(y)).max() <= STEPS[format] / 255


def main():
    folder = sys.argv[1]
    record = sys.argv[3:5] if "--record" in sys.argv else None
    counts = collections.defaultdict(collections.Counter)
    lines = []
    for name in sorted(os.listdir(folder)):
        stem, ending = name.rsplit(".", 1)
        if ending == "answer":
            continue
        format, round = stem.split("-")
        ours = open(os.path.join(folder, stem + ".answer"), "rb").read()
        try:
            theirs = PEERS[format](os.path.join(folder, name))
        except Exception as e:  # Every peer has its own ways to refuse.
            counts[format]["refused by the peer"] += 1
            print("%s: the peer refuses, %s: %s" % (name, type(e).__name__, str(e)[:120]))
            continue
        if theirs is None:
            counts[format]["not compared"] += 1
            continue
        same = close(format, ours, theirs)
        counts[format]["equal" if same else "DIFFERENT"] += 1
        if not same:
            print("%s: DIFFERENT\n  %r\n  %r" % (name, ours[:60], theirs[:60]))
        if ours == theirs and format in RECORDED and record and int(round) < int(record[1]):
            lines.append("%s\t%s\n" % (stem, hashlib.sha256(theirs).hexdigest()[:16]))
    for format in sorted(counts):
        print("%-12s %s" % (format, ", ".join("%s %d" % c for c in sorted(counts[format].items()))))
    if record:
        with open(record[0], "w") as f:
            f.writelines(sorted(lines))
    return 1 if any(c["DIFFERENT"] for c in counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
