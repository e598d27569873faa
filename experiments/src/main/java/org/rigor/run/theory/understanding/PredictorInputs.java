// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.corruptions.Corruption;
import org.rigor.corruptions.Corruptions;
import org.rigor.corruptions.UnexpectedInput;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.DataSets;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Images of a {@link PredictorComparison}, F64 [N, H, W, C] in [0, 1].
 *
 * @param x training images
 * @param valid images that set thresholds and judge chains
 * @param test the others
 */
record PredictorInputs(
    HostTensor x,
    int[] labels,
    HostTensor valid,
    int[] validLabels,
    HostTensor test,
    int[] testLabels,
    int classes) {

  /**
   * Loads the first samples of each part; {@code valid} comes from the test part, after {@code
   * test}.
   */
  static PredictorInputs load(String name, int train, int valid, int test) {
    DataSet all = DataSets.load(name, DataRoots.standard(null));
    int[] first = head(all.split().train(), 0, train);
    int[] tests = head(all.split().test(), 0, test);
    int[] others = head(all.split().test(), test, valid);
    return new PredictorInputs(
        all.inputs(first).toDouble(),
        all.labels(first),
        all.inputs(others).toDouble(),
        all.labels(others),
        all.inputs(tests).toDouble(),
        all.labels(tests),
        all.classes());
  }

  private static int[] head(int[] part, int from, int count) {
    if (from + count > part.length) {
      throw new IllegalArgumentException(
          "the data has %d samples in this part, asked for %d"
              .formatted(part.length, from + count));
    }
    return IntStream.range(from, from + count).map(i -> part[i]).toArray();
  }

  /** Returns the first test images. */
  HostTensor first(int samples) {
    Shape s = test.shape().with(0, samples);
    HostTensor some = HostTensor.zeros(new TensorType(DType.F64, s));
    test.copy(0, Math.toIntExact(s.size()), some, 0);
    return some;
  }

  /** Returns the test images with normal noise, clipped to [0, 1]. */
  HostTensor noisy(Device device, double deviation, long seed) {
    return drawn(
        device,
        seed,
        (x, random) -> {
          Shape rest = x.shape().remove(0).remove(0);
          Value z = random.normal("noisy", DType.F64, rest);
          return F.clamp(F.add(x, F.mul(z, deviation)), 0, 1);
        });
  }

  /** Returns the test images under a corruption of CIFAR-10-C. */
  HostTensor corrupted(Device device, String name, int severity, long seed) {
    Corruption c = Corruptions.named(name);
    return drawn(device, seed, (x, random) -> c.apply(x, severity, random));
  }

  /** Returns images outside the domain of a classifier of digits, by name. */
  Map<String, HostTensor> unexpected(Device device, long seed) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    for (UnexpectedInput u : UnexpectedInput.values()) {
      out.put(u.label(), drawn(device, seed, u::of));
    }
    out.put("gratings", gratings(seed));
    return out;
  }

  /** Returns another data set: sine gratings of random direction, period and phase. */
  private HostTensor gratings(long seed) {
    Shape s = test.shape();
    int h = s.dim(1);
    int w = s.dim(2);
    int c = s.dim(3);
    double[] v = new double[(int) s.size()];
    for (int n = 0; n < s.dim(0); n++) {
      Draws draw = new Draws(seed, 0x47524154, n);
      double angle = Math.PI * draw.uniform();
      double cycles = 1 + 2 * draw.uniform();
      double phase = 2 * Math.PI * draw.uniform();
      for (int i = 0; i < h * w; i++) {
        double along = StrictMath.cos(angle) * (i / w) / h + StrictMath.sin(angle) * (i % w) / w;
        double g = 0.5 + 0.5 * StrictMath.sin(2 * Math.PI * cycles * along + phase);
        for (int k = 0; k < c; k++) {
          v[(n * h * w + i) * c + k] = g;
        }
      }
    }
    return HostTensor.of(s, v);
  }

  /** A rule that makes an image from each test image and random numbers. */
  interface Rule {
    /**
     * @param x F64 [1, N, H, W, C]
     */
    Value of(Value x, Randoms random);
  }

  /** Returns the rule's images, F64 [N, H, W, C]. */
  HostTensor drawn(Device device, long seed, Rule rule) {
    int n = test.shape().dim(0);
    Program.Builder b = Program.builder("inputs");
    Value x = b.input("x", new TensorType(DType.F64, test.shape().insert(0, 1)));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    b.output("y", rule.of(x, Randoms.fixed(key, F.iota(2, 1, n))));
    try (Executable e = Workspace.alone(device, b.build())) {
      e.input("x").write(test.reshape(test.shape().insert(0, 1)));
      e.input("key").write(TrialKey.tensor(List.of(TrialKey.of(seed, "unexpected"))));
      e.run();
      return e.output("y").read().reshape(test.shape());
    }
  }
}
