// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Kind;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/** Logits of M models on N samples, in double. */
public final class Predictions {
  private final double[] logits;
  private final int samples;
  private final int classes;

  public static Predictions of(Models networks, HostTensor x) {
    return new Predictions(networks, x.reshape(x.shape().insert(0, 1)));
  }

  /** Computes logits of flat points, one per model and sample. */
  public static Predictions ofPoints(Models networks, double[] points, int n) {
    Shape shape = networks.network().input().insert(0, n).insert(0, networks.count());
    return new Predictions(networks, HostTensor.of(shape, points));
  }

  /** Computes logits of points of one model, each with its features in row-major order. */
  public static Predictions ofPoints(Models networks, List<double[]> points) {
    double[] flat = points.stream().flatMapToDouble(Arrays::stream).toArray();
    return ofPoints(networks, flat, points.size());
  }

  /**
   * @param points [1, N, features...] if all models see the same points, else [M, N, features...]
   */
  private Predictions(Models networks, HostTensor points) {
    Network network = networks.network();
    this.samples = points.shape().dim(1);
    this.classes = network.outputs();
    int models = networks.count();
    int rows = points.shape().models();
    int batch = Batches.fit(n -> program(network, models, rows, n), samples);
    try (Workspace space = new Workspace(networks.device(), "predict")) {
      Workspace.Cut cut =
          space.link(program(network, models, rows, batch), Passes.MEASURE, "x"::equals);
      networks.load(space::get);
      cut.prepare();
      BatchQueue queue = new BatchQueue(batch, cut.each());
      queue.put("x", points);
      Pool all = Pool.all(models, samples);
      this.logits = queue.run(all, List.of("logits")).get("logits").doubles();
    }
  }

  private static Program program(Network network, int models, int rows, int batch) {
    Program.Builder b = Program.builder("predict");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, rows);
    b.output("logits", network.apply(p, b.input("x", new TensorType(DType.F64, shape))));
    return b.build();
  }

  /** Returns the kind of what is read off the logits, which enclose no rounding. */
  public Kind kind() {
    return Kind.BOUND;
  }

  /** Returns the first class with the largest logit; -1 if a logit is NaN. */
  public int predicted(int model, int sample) {
    int at = (model * samples + sample) * classes;
    int best = 0;
    for (int k = 0; k < classes; k++) {
      if (Double.isNaN(logits[at + k])) {
        return -1;
      }
      if (logits[at + k] > logits[at + best]) {
        best = k;
      }
    }
    return best;
  }

  /** Returns the logits of one model, [samples, classes]. */
  double[] logits(int model) {
    int size = samples * classes;
    return Arrays.copyOfRange(logits, model * size, (model + 1) * size);
  }

  /** Returns the logits of one sample, [classes]. */
  public double[] logits(int model, int sample) {
    int at = (model * samples + sample) * classes;
    return Arrays.copyOfRange(logits, at, at + classes);
  }

  /** Returns the label's logit minus the largest other one. */
  public double margin(int model, int sample, int label) {
    int at = (model * samples + sample) * classes;
    double wrong = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      if (k != label) {
        wrong = Math.max(wrong, logits[at + k]);
      }
    }
    return logits[at + label] - wrong;
  }

  /** Returns the share of samples classified correctly. */
  public double accuracy(int model, int[] labels) {
    int right = 0;
    for (int n = 0; n < samples; n++) {
      right += predicted(model, n) == labels[n] ? 1 : 0;
    }
    return (double) right / samples;
  }

  /** Returns the mean over samples of -log softmax of the label; infinite if a logit is NaN. */
  public double crossEntropy(int model, int[] labels) {
    double sum = 0;
    for (int n = 0; n < samples; n++) {
      int at = (model * samples + n) * classes;
      double largest = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < classes; k++) {
        largest = Math.max(largest, logits[at + k]);
      }
      double total = 0;
      for (int k = 0; k < classes; k++) {
        total += Math.exp(logits[at + k] - largest);
      }
      sum += Math.log(total) + largest - logits[at + labels[n]];
    }
    return Double.isNaN(sum) ? Double.POSITIVE_INFINITY : sum / samples;
  }

  /** Returns the squared Euclidean distance between the logits of two samples. */
  double squaredDistance(int model, int sample, int other) {
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      double d =
          logits[(model * samples + sample) * classes + k]
              - logits[(model * samples + other) * classes + k];
      sum += d * d;
    }
    return sum;
  }

  public double medianMargin(int model, int[] labels) {
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
