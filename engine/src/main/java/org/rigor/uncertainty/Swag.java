// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * SWA-Gaussian (Maddox et al. 2019, algorithm 1): a normal distribution fitted to the training
 * iterates of M models at once. Its mean is their running mean; its covariance is half their
 * running variance on the diagonal, half the low-rank part of the last K deviations from the
 * running mean. It describes where the optimiser went, which approximates a posterior only loosely.
 */
public final class Swag {
  private final int rank;
  private int seen;
  private final Map<String, double[]> mean = new LinkedHashMap<>();
  private final Map<String, double[]> square = new LinkedHashMap<>();
  private final Map<String, Deque<double[]>> deviations = new LinkedHashMap<>();
  private final Map<String, Shape> shapes = new LinkedHashMap<>();

  /**
   * @param rank number of deviations K that are kept, at least 2
   */
  public Swag(int rank) {
    if (rank < 2) {
      throw new IllegalArgumentException("swag: rank must be >= 2, got " + rank);
    }
    this.rank = rank;
  }

  /** Takes an iterate, [M, shape...] by name, such as the parameters after an epoch. */
  public void collect(Map<String, HostTensor> iterate) {
    iterate.forEach(
        (name, w) -> {
          int n = (int) w.shape().size();
          shapes.put(name, w.shape());
          double[] m = mean.computeIfAbsent(name, k -> new double[n]);
          double[] s = square.computeIfAbsent(name, k -> new double[n]);
          double[] d = new double[n];
          for (int i = 0; i < n; i++) {
            double v = w.get(i);
            m[i] = (m[i] * seen + v) / (seen + 1);
            s[i] = (s[i] * seen + v * v) / (seen + 1);
            d[i] = v - m[i];
          }
          Deque<double[]> kept = deviations.computeIfAbsent(name, k -> new ArrayDeque<>());
          kept.addLast(d);
          if (kept.size() > rank) {
            kept.removeFirst();
          }
        });
    seen++;
  }

  /**
   * Returns draws {@code mean + sd z1 / sqrt(2) + D z2 / sqrt(2 (K - 1))}, [M, J, shape...] in F64.
   *
   * @param first number of the first draw
   * @throws IllegalStateException if fewer iterates were collected than the rank
   */
  public Map<String, HostTensor> draws(Device device, List<TrialKey> keys, int first, int count) {
    if (seen < rank) {
      throw new IllegalStateException(
          "swag: needs at least " + rank + " iterates, the rank, got " + seen);
    }
    Map<String, HostTensor> given = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          int n = (int) shape.size();
          double[] sd = new double[n];
          for (int i = 0; i < n; i++) {
            double m = mean.get(name)[i];
            sd[i] = Math.sqrt(Math.max(0, square.get(name)[i] - m * m));
          }
          given.put("mean/" + name, HostTensor.of(shape, mean.get(name)));
          given.put("sd/" + name, HostTensor.of(shape, sd));
          given.put("low-rank/" + name, HostTensor.of(shape.insert(1, rank), columns(name)));
        });
    return Draws.run(device, keys, first, count, given, this::rule);
  }

  /** Returns the deviations as [M, K, shape...]. */
  private double[] columns(String name) {
    int models = shapes.get(name).models();
    int n = (int) (shapes.get(name).size() / models);
    double[] all = new double[models * rank * n];
    int k = 0;
    for (double[] d : deviations.get(name)) {
      for (int m = 0; m < models; m++) {
        System.arraycopy(d, m * n, all, (m * rank + k) * n, n);
      }
      k++;
    }
    return all;
  }

  private Map<String, Value> rule(Map<String, Value> in, Randoms random) {
    Map<String, Value> out = new LinkedHashMap<>();
    Value z2 = random.normal("swag/low-rank", DType.F64, Shape.of(rank)); // [M, J, K]
    shapes.forEach(
        (name, shape) -> {
          Value z1 = random.normal("swag/diagonal/" + name, DType.F64, shape.remove(0));
          Value d = in.get("low-rank/" + name);
          int n = (int) (shape.size() / shape.models());
          Value flat = F.reshape(d, Shape.of(shape.models(), rank, n));
          Value low = F.reshape(F.matmul(z2, flat), z1.shape());
          Value sd = F.mul(Draws.lifted(in.get("sd/" + name)), Math.sqrt(0.5));
          Value w = F.add(Draws.lifted(in.get("mean/" + name)), F.mul(sd, z1));
          out.put(name, F.add(w, F.mul(low, 1 / Math.sqrt(2.0 * (rank - 1)))));
        });
    return out;
  }
}
