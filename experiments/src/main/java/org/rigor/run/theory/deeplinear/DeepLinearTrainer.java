// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.Arrays;
import java.util.List;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Gradient descent of M deep linear networks side by side on a device, in place. The weights stay
 * on the device between {@link #run} calls; within one nothing returns to the host.
 */
final class DeepLinearTrainer implements AutoCloseable {
  private final DeepLinear net;
  private final Device device;
  private final Workspace space;
  private final int columns;
  private final boolean shared;
  private final Executable step;
  private Executable map;
  private long iterations;

  /**
   * @param y data in measurement space, F64 [1 or M, m, k]
   * @param x targets, F64 [1 or M, d, k]
   * @param weights first to last layer, F64 [M, n_l, n_(l-1)]
   * @param rate step size eta of each model
   * @param decay weight decay lambda of each model
   */
  public DeepLinearTrainer(
      Device device,
      DeepLinear net,
      HostTensor y,
      HostTensor x,
      List<HostTensor> weights,
      double[] rate,
      double[] decay) {
    this.net = net;
    this.device = device;
    int models = rate.length;
    this.columns = y.shape().dim(-1);
    this.shared = y.shape().models() == 1;
    this.space = new Workspace(device, "deep linear network");
    try {
      for (int l = 1; l <= net.layers(); l++) {
        space.put(DeepLinear.weight(l), weights.get(l - 1));
      }
      space.put("y", y);
      space.put("x", x);
      space.put("rate", HostTensor.of(DeepLinear.real(models, 1, 1).shape(), rate));
      space.put("decay", HostTensor.of(DeepLinear.real(models, 1, 1).shape(), decay));
      step = space.link(net.step(models, columns, shared));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Takes {@code count} steps without returning to the host. */
  public void run(int count) {
    try (Sequence s = device.sequence(List.of(Sequence.repeat(count, Sequence.run(step))))) {
      s.run();
    }
    iterations += count;
  }

  /**
   * Takes {@code records} times {@code every} steps without returning to the host, and records the
   * networks before each group of {@code every} steps.
   *
   * @param off projectors onto the complement of the inputs' range, F64 [1 or M, m, m]
   * @throws IllegalArgumentException if {@code off} is shared where the data are per model, or the
   *     reverse
   */
  public History record(HostTensor off, int records, int every) {
    int models = models();
    HostTensor none = HostTensor.zeros(DeepLinear.real(models, records));
    Shape one = Shape.of(models, 1);
    try (Workspace own = new Workspace(device, "history")) {
      space.all().forEach(own::share);
      own.put("off", off);
      own.put("history/loss", none);
      own.put("history/off", none);
      own.declare("history/count", new TensorType(DType.I32, one));
      Executable look = own.link(net.record(models, columns, shared, records));
      Sequence.Step steps = Sequence.repeat(every, Sequence.run(step));
      own.loop(records, Sequence.run(look), steps).run();
      iterations += (long) records * every;
      return new History(
          every,
          rows(own.read("history/loss").doubles(), records),
          rows(own.read("history/off").doubles(), records));
    }
  }

  /**
   * The values that {@link #record} took: entry i was taken i times {@code every} steps after its
   * start.
   *
   * @param loss {@code |E Y - X|^2} of each model
   * @param off {@code |E off|^2} of each model
   */
  public record History(int every, double[][] loss, double[][] off) {}

  private static double[][] rows(double[] all, int columns) {
    double[][] rows = new double[all.length / columns][];
    for (int m = 0; m < rows.length; m++) {
      rows[m] = Arrays.copyOfRange(all, m * columns, (m + 1) * columns);
    }
    return rows;
  }

  /** Returns the number of networks M. */
  public int models() {
    return step.input("rate").type().shape().models();
  }

  /** Returns the number of steps taken so far. */
  public long iterations() {
    return iterations;
  }

  /** Returns the weight of layer {@code l}, 1 to L: [M, n_l, n_(l-1)]. */
  public HostTensor weight(int l) {
    return space.read(DeepLinear.weight(l));
  }

  /** Returns the maps E: [M, d, m]. */
  public HostTensor map() {
    if (map == null) {
      map = space.link(net.map(models()));
    }
    map.run();
    return map.output("map").read();
  }

  @Override
  public void close() {
    space.close();
  }
}
