// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.exec.Device;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Lab;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Gradient descent of a law's networks side by side: an arm is a row of the model axis. */
final class Descent implements AutoCloseable {
  /** Steps between two checks for an early end. */
  private static final int STRETCH = 4000;

  /** Relative threshold below which singular values of the data are rounding. */
  private static final double RANK = 1e-10;

  private final DeepLinear net;
  private final List<Arm> arms;
  private final DeepLinearTrainer trainer;

  /**
   * One network.
   *
   * @param x targets, d x n
   * @param y inputs, m x n; all arms of a descent have the same rank
   * @param seed of the initial weights
   * @param rate step size eta
   * @param decay weight decay lambda
   */
  record Arm(Matrix x, Matrix y, long seed, double rate, double decay) {
    static Arm of(InverseProblem p, long seed, double rate, double decay) {
      return new Arm(p.x(), p.y(), seed, rate, decay);
    }
  }

  Descent(Device device, Convention convention, DeepLinear net, List<Arm> arms) {
    this(device, convention, net, arms, true);
  }

  /** Returns the descent of one network on uncompressed samples. */
  static Descent uncompressed(Device device, Convention convention, DeepLinear net, Arm arm) {
    return new Descent(device, convention, net, List.of(arm), false);
  }

  private Descent(
      Device device, Convention convention, DeepLinear net, List<Arm> arms, boolean compress) {
    this.net = net;
    this.arms = List.copyOf(arms);
    List<Matrix> x = new ArrayList<>();
    List<Matrix> y = new ArrayList<>();
    boolean shared = arms.stream().allMatch(a -> a.y() == arms.get(0).y());
    for (Arm a : shared ? arms.subList(0, 1) : arms) {
      SampleCompression c =
          compress
              ? SampleCompression.of(a.x(), a.y(), RANK)
              : new SampleCompression(a.x(), a.y(), 0);
      x.add(c.x());
      y.add(c.y());
    }
    List<TrialKey> keys =
        arms.stream().map(a -> TrialKey.of(a.seed(), "deep-linear weights")).toList();
    this.trainer =
        new DeepLinearTrainer(
            device,
            net,
            stack(y),
            stack(x),
            convention.start(net, keys),
            arms.stream().mapToDouble(Arm::rate).toArray(),
            arms.stream().mapToDouble(Arm::decay).toArray());
  }

  /** Takes steps, with checks for an early end. */
  void run(Lab lab, long steps) {
    for (long left = steps; left > 0; left -= STRETCH) {
      lab.checkpoint();
      trainer.run((int) Math.min(left, STRETCH));
    }
  }

  DeepLinearTrainer trainer() {
    return trainer;
  }

  DeepLinear net() {
    return net;
  }

  Arm arm(int i) {
    return arms.get(i);
  }

  /** Returns the weight of a layer, 1 to L, one matrix per arm. */
  List<Matrix> weights(int l) {
    return rows(trainer.weight(l));
  }

  /**
   * Returns the maps E, one per arm: d x m.
   *
   * @throws ArithmeticException if an arm has diverged
   */
  List<Matrix> maps() {
    List<Matrix> maps = rows(trainer.map());
    for (int i = 0; i < maps.size(); i++) {
      if (!Double.isFinite(maps.get(i).squares())) {
        throw new ArithmeticException(
            "gradient descent diverged within %d steps of size %s: %d layers of extents %s are too"
                    .formatted(
                        trainer.iterations(), arms.get(i).rate(), net.layers(), net.extents())
                + " deep or too narrow for it");
      }
    }
    return maps;
  }

  static HostTensor stack(List<Matrix> matrices) {
    Matrix first = matrices.get(0);
    double[] all = new double[matrices.size() * first.data().length];
    for (int i = 0; i < matrices.size(); i++) {
      System.arraycopy(
          matrices.get(i).data(), 0, all, i * first.data().length, first.data().length);
    }
    return HostTensor.of(Shape.of(matrices.size(), first.rows(), first.cols()), all);
  }

  static List<Matrix> rows(HostTensor t) {
    int rows = t.shape().dim(1);
    int cols = t.shape().dim(2);
    List<Matrix> out = new ArrayList<>();
    for (int i = 0; i < t.shape().models(); i++) {
      out.add(
          new Matrix(
              rows, cols, Arrays.copyOfRange(t.doubles(), i * rows * cols, (i + 1) * rows * cols)));
    }
    return out;
  }

  @Override
  public void close() {
    trainer.close();
  }
}
