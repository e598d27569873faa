// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Arrays;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Logits of M models on N samples, in double. */
final class Predictions {
  private final double[] logits;
  private final int samples;
  private final int classes;

  private Predictions(double[] logits, int samples, int classes) {
    this.logits = logits;
    this.samples = samples;
    this.classes = classes;
  }

  static Predictions of(
      Device device, Network network, Map<String, HostTensor> params, HostTensor x) {
    int models = params.values().iterator().next().shape().models();
    int n = x.shape().dim(0);
    Program.Builder b = Program.builder("predict");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Value in = b.input("x", new TensorType(DType.F64, network.input().insert(0, n).insert(0, 1)));
    b.output("logits", network.apply(p, in));
    try (Executable e = device.compile(b.build())) {
      params.forEach((name, v) -> e.input("param/" + name).write(v.toDouble()));
      e.input("x").write(x.toDouble().reshape(network.input().insert(0, n).insert(0, 1)));
      e.run();
      return new Predictions(e.output("logits").read().doubles(), n, network.outputs());
    }
  }

  /** Logits of flat points, one for each model and some of the samples. */
  static Predictions ofPoints(
      Device device, Network network, Map<String, HostTensor> params, double[] points, int n) {
    int models = params.values().iterator().next().shape().models();
    Program.Builder b = Program.builder("predict-points");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, n).insert(0, models);
    b.output("logits", network.apply(p, b.input("x", new TensorType(DType.F64, shape))));
    try (Executable e = device.compile(b.build())) {
      params.forEach((name, v) -> e.input("param/" + name).write(v.toDouble()));
      e.input("x").write(HostTensor.of(shape, points));
      e.run();
      return new Predictions(e.output("logits").read().doubles(), n, network.outputs());
    }
  }

  /** First class with the largest logit. */
  int predicted(int model, int sample) {
    int at = (model * samples + sample) * classes;
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (logits[at + k] > logits[at + best]) {
        best = k;
      }
    }
    return best;
  }

  /** Right logit minus the largest wrong one. */
  double margin(int model, int sample, int label) {
    int at = (model * samples + sample) * classes;
    double wrong = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      if (k != label) {
        wrong = Math.max(wrong, logits[at + k]);
      }
    }
    return logits[at + label] - wrong;
  }

  double medianMargin(int model, int[] labels) {
    double[] margins = new double[samples];
    for (int n = 0; n < samples; n++) {
      margins[n] = margin(model, n, labels[n]);
    }
    Arrays.sort(margins);
    return samples % 2 == 1
        ? margins[samples / 2]
        : 0.5 * (margins[samples / 2 - 1] + margins[samples / 2]);
  }
}
