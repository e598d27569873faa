// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.Digits;
import org.rigor.io.Npy;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Inputs of the works, and their exchange with the peers as NPY files. */
public final class WorkData {
  private WorkData() {}

  /** Samples with labels: inputs [N, features...] in [0, 1]. */
  public record Samples(HostTensor x, HostTensor y) {
    /** Returns the first n samples. */
    public Samples first(int n) {
      int features = Math.toIntExact(x.shape().size() / x.shape().dim(0));
      return new Samples(
          HostTensor.of(x.shape().with(0, n), Arrays.copyOf(x.floats(), n * features)),
          HostTensor.of(Shape.of(n), Arrays.copyOf(y.ints(), n)));
    }

    /** Returns the same numbers as images. */
    Samples shaped(Shape sample) {
      return new Samples(x.reshape(sample.insert(0, x.shape().dim(0))), y);
    }
  }

  /** Returns the first n training digits, flat; or the first test digits. */
  public static Samples digits(int n, boolean test) {
    DataSet d = new Digits().load(new DataRoots(List.of()));
    int[] part = Arrays.copyOf(test ? d.split().test() : d.split().train(), n);
    return new Samples(
        d.inputs(part).reshape(Shape.of(n, 64)), HostTensor.of(Shape.of(n), d.labels(part)));
  }

  /** Returns uniform inputs labelled by a random linear map, so that there is much to learn. */
  static Samples synthetic(int n, int features, int classes) {
    SplittableRandom random = new SplittableRandom(11);
    float[] x = new float[n * features];
    double[] w = random.doubles((long) features * classes).map(v -> v - 0.5).toArray();
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int f = 0; f < features; f++) {
        x[i * features + f] = random.nextInt(1 << 16) * 0x1p-16f;
      }
      for (int c = 0; c < classes; c++) {
        double sum = 0;
        for (int f = 0; f < features; f++) {
          sum += (x[i * features + f] - 0.5) * w[f * classes + c];
        }
        if (sum > best) {
          best = sum;
          y[i] = c;
        }
      }
    }
    return new Samples(HostTensor.of(Shape.of(n, features), x), HostTensor.of(Shape.of(n), y));
  }

  /**
   * Writes inputs, labels and parameters to {@code exchange/WORK/NAME.npy} and the network to
   * {@code network.json} beside them.
   */
  static void export(
      Path out, String work, Samples s, Sequential network, Map<String, HostTensor> params)
      throws IOException {
    Path dir = Files.createDirectories(out.resolve("exchange").resolve(work));
    Npy.write(dir.resolve("x.npy"), s.x());
    Npy.write(dir.resolve("y.npy"), s.y());
    for (Map.Entry<String, HostTensor> e : params.entrySet()) {
      Npy.write(dir.resolve(e.getKey() + ".npy"), e.getValue());
    }
    Files.writeString(dir.resolve("network.json"), NetworkText.json(network) + "\n");
  }
}
