#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the small networks of src/test/resources/org/rigor/nn/onnx/exporters, one exporter at a time.

    python3 export.py torch|attention|choice|sklearn|keras|jax FOLDER

For each network stands a NAME.json, for files NAME.onnx or NAME-FORM.onnx: samples and the numbers that the library itself computes for
them, logits, or logarithms of probabilities where it has only those (they rank classes and differ
from logits by one number a sample). Versions with which the committed files were made:

    torch 2.15.0, onnxscript 0.7.2, onnx 1.23.2
    scikit-learn 1.9.1, skl2onnx 1.20.0
    keras 3.15.1 on jax 0.10.2, jax2onnx 0.17.1
"""
import json
import os
import sys

import numpy as np
import onnx

OUT = sys.argv[2]
RANDOM = np.random.default_rng(0)


def write(name, form, model, x, y):
    """Leaves out what exporters say about the machine: paths, stack traces, producers' notes."""
    del model.metadata_props[:]
    graphs = [model.graph] + list(model.functions)
    for g in graphs:
        g.doc_string = ""
        for n in list(g.node if hasattr(g, "node") else []):
            n.doc_string = ""
            del n.metadata_props[:]
    for v in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        v.doc_string = ""
        del v.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, f"{OUT}/{name}{form}.onnx")
    with open(f"{OUT}/{name}.json", "w") as f:
        json.dump({"x": np.asarray(x, "float32").tolist(), "y": np.asarray(y, "float64").tolist()}, f)


def sample(*shape):
    return RANDOM.random((3,) + shape).astype("float32")


def torch_files():
    import torch
    from torch import nn

    torch.manual_seed(0)

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
            self.b, self.out = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 3)

        def forward(self, x):
            h = torch.relu(self.norm(self.a(x)))
            h = torch.relu(h + self.b(h))
            return self.out(h.mean((2, 3)))

    mlp = nn.Sequential(nn.Flatten(), nn.Linear(12, 6), nn.ReLU(), nn.Linear(6, 3))
    acts = nn.Sequential(nn.Linear(5, 4), nn.Hardswish(), nn.Linear(4, 4), nn.Mish(), nn.Linear(4, 4), nn.ELU(), nn.Linear(4, 3))
    norms = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(4), nn.Linear(4, 3))
    for name, net, shape in [("mlp", mlp, (3, 2, 2)), ("residual", Residual(), (3, 5, 5)), ("activations", acts, (5,)), ("norms", norms, (3, 6, 6))]:
        net.eval()
        x = torch.tensor(sample(*shape))
        y = net.double()(x.double()).detach().numpy()
        net.float()
        for kind, opset in [("script", 9), ("script", 20), ("dynamo", 18), ("dynamo", 23)]:
            path = f"{OUT}/tmp.onnx"
            if kind == "script":
                torch.onnx.export(net, (x[:1],), path, opset_version=opset, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}})
            else:
                torch.onnx.export(net, (x[:1],), path, opset_version=opset, dynamo=True, external_data=False, verbose=False)
            write(f"torch-{name}", f"-{kind}-{opset}", onnx.load(path), x, y)
            os.remove(path)


def attention_files():
    """Attention as PyTorch's own modules compute it; both exporters move and merge the batch axis."""
    import torch
    from torch import nn

    torch.manual_seed(0)

    class Attention(nn.Module):
        def __init__(self, first):
            super().__init__()
            self.first, self.attention = first, nn.MultiheadAttention(8, 2, batch_first=first)
            self.norm, self.out = nn.LayerNorm(8), nn.Linear(8, 3)

        def forward(self, x):
            h = x if self.first else x.transpose(0, 1)
            h = self.norm(h + self.attention(h, h, h)[0])
            return self.out((h if self.first else h.transpose(0, 1)).mean(1))

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.all, self.out = nn.Linear(8, 24), nn.Linear(8, 3)

        def forward(self, x):
            n, tokens, features = x.shape
            q, k, v = self.all(x).view(n, tokens, 3, 2, 4).permute(2, 0, 3, 1, 4)
            h = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2)
            return self.out((x + h.reshape(n, tokens, features)).mean(1))

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            layer = nn.TransformerEncoderLayer(4, 2, 6, activation="relu")
            self.encoder, self.out = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), nn.Linear(4, 3)

        def forward(self, x):
            return self.out(self.encoder(x.transpose(0, 1))[0])

    class Vit(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.token = nn.Conv2d(3, 4, 4, 4), nn.Parameter(torch.randn(1, 1, 4))
            self.places = nn.Parameter(torch.randn(1, 5, 4) / 10)
            layer = nn.TransformerEncoderLayer(4, 2, 6, activation="gelu", batch_first=True, norm_first=True)
            self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
            self.norm, self.out = nn.LayerNorm(4), nn.Linear(4, 3)

        def forward(self, x):
            h = self.patches(x).flatten(2).transpose(1, 2)
            h = torch.cat([self.token.expand(h.shape[0], -1, -1), h], 1) + self.places
            return self.out(self.norm(self.encoder(h)[:, 0]))

    forms = [("script", 14, True), ("script", 17, False), ("dynamo", 18, True), ("dynamo", 23, True)]
    for name, net, shape in [
        ("mha", Attention(False), (4, 8)),
        ("mha-first", Attention(True), (4, 8)),
        ("sdpa", Scaled(), (4, 8)),
        ("encoder", Transformer(), (4, 4)),
        ("vit", Vit(), (3, 8, 8)),
    ]:
        net.eval()
        x = torch.tensor(sample(*shape))
        y = net.double()(x.double()).detach().numpy()
        net.float()
        for kind, opset, free in forms:
            path = f"{OUT}/tmp.onnx"
            if kind == "script":
                axes = dict(dynamic_axes={"x": {0: "n"}}) if free else {}
                torch.onnx.export(net, (x[:1],), path, opset_version=opset, dynamo=False, input_names=["x"], **axes)
            else:
                axes = ({0: torch.export.Dim("n")},)
                torch.onnx.export(net, (x,), path, opset_version=opset, dynamo=True, external_data=False, verbose=False, dynamic_shapes=axes)
            write(f"attention-{name}", f"-{kind}-{opset}", onnx.load(path), x, y)
            os.remove(path)


def choice_files():
    """Activations that exporters write with comparisons and choices."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    for name, unit, kind, opset in [("softplus", nn.Softplus(), "dynamo", 23), ("softshrink", nn.Softshrink(), "script", 18)]:
        net = nn.Sequential(nn.Linear(5, 4), unit, nn.Linear(4, 3)).eval()
        x = torch.tensor(sample(5))
        y = net.double()(x.double()).detach().numpy()
        net.float()
        path = f"{OUT}/tmp.onnx"
        more = dict(external_data=False, verbose=False) if kind == "dynamo" else {}
        torch.onnx.export(net, (x[:1],), path, opset_version=opset, dynamo=kind == "dynamo", **more)
        write(f"choice-{name}", f"-{kind}-{opset}", onnx.load(path), x, y)
        os.remove(path)


def sklearn_files():
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = RANDOM.random((200, 6)).astype("float32")
    three = (x[:, :3].sum(1) > x[:, 3:].sum(1)).astype(int) + (x[:, 0] > 0.8)
    two = (three > 0).astype(int)
    mlp = dict(hidden_layer_sizes=(5,), max_iter=60, random_state=0)
    for name, model, labels in [
        ("mlp", MLPClassifier(**mlp), three),
        ("tanh", MLPClassifier(activation="tanh", **mlp), three),
        ("two-classes", MLPClassifier(**mlp), two),
        ("pipeline", make_pipeline(StandardScaler(), MLPClassifier(**mlp)), three),
        ("logistic", LogisticRegression(), three),
    ]:
        model.fit(x, labels)
        for form, options in [("map", None), ("tensor", {"zipmap": False})]:
            made = to_onnx(model, x[:1], options=options)
            write(f"sklearn-{name}", f"-{form}", made, x[:3], np.log(model.predict_proba(x[:3].astype("float64"))))


def keras_files():
    os.environ["KERAS_BACKEND"] = "jax"
    import keras
    from keras import layers as L

    for name, shape, layers in [
        ("mlp", (6,), [L.Dense(5, activation="relu"), L.Dense(3)]),
        ("softmax", (6,), [L.Dense(5, activation="gelu"), L.Dense(3, activation="softmax")]),
        ("conv", (8, 8, 1), [L.Conv2D(3, 3, strides=2, padding="same", activation="swish"), L.GlobalAveragePooling2D(), L.Dense(3)]),
        ("pool", (8, 8, 1), [L.Conv2D(3, 3, padding="same", activation="relu"), L.BatchNormalization(), L.MaxPooling2D(), L.Flatten(), L.Dense(3)]),
    ]:
        net = keras.Sequential([L.Input(shape)] + layers)
        x = sample(*shape)
        y = np.asarray(net(x), "float64")
        net.export(f"{OUT}/tmp.onnx", format="onnx", verbose=False)
        write(f"keras-{name}", "", onnx.load(f"{OUT}/tmp.onnx"), x, np.log(y) if name == "softmax" else y)
        os.remove(f"{OUT}/tmp.onnx")


def jax_files():
    import jax
    import jax.numpy as jnp
    from jax2onnx import to_onnx

    def weights(*shape):
        return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)

    w, v, k, d = weights(6, 5), weights(5, 3), weights(3, 3, 1, 2), weights(32, 3)

    def norm(x):
        z = x @ w
        centred = z - z.mean(-1, keepdims=True)
        return jax.nn.silu(centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)) @ v

    def conv(x):
        z = jax.lax.conv_general_dilated(x, k, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return jax.nn.relu(z).reshape(x.shape[0], -1) @ d

    for name, f, shape in [
        ("mlp", lambda x: jax.nn.relu(x @ w) @ v, (6,)),
        ("gelu", lambda x: jax.nn.gelu(x @ w) @ v, (6,)),
        ("norm", norm, (6,)),
        ("conv", conv, (8, 8, 1)),
    ]:
        x = sample(*shape)
        write(f"jax-{name}", "", to_onnx(f, [("B",) + shape]), x, np.asarray(f(x), "float64"))
    for name in ["elu", "selu", "leaky_relu", "hard_tanh", "softplus", "mish"]:
        unit, x = getattr(jax.nn, name), sample(6)
        made = to_onnx(lambda x, unit=unit: unit(x @ w) @ v, [("B", 6)])
        write(f"jax-{name.replace('_', '-')}", "", made, x, np.asarray(unit(x @ w) @ v, "float64"))


{"torch": torch_files, "attention": attention_files, "choice": choice_files, "sklearn": sklearn_files, "keras": keras_files, "jax": jax_files}[sys.argv[1]]()
