// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Mean-field variational inference: independent normal distributions that maximise the evidence
 * lower bound {@code E_q[-U(w)] + sum log sd} by the reparametrisation {@code w = mean + sd z}
 * (Kingma and Welling 2014; Blundell et al. 2015).
 *
 * @param samples draws z per step, at least 1; 0 takes the 2 n points {@code +-sqrt(n) e_i} for n
 *     weights instead: deterministic, with an exact mean if U is quadratic
 * @param batch samples per step for the likelihood, drawn with replacement; 0 takes all
 * @param deviation of q at the start, in units of the potential's {@link Potential#scale}
 */
public record MeanField(int samples, int batch, double deviation, Descent descent) {
  public MeanField {
    if (samples < 0 || batch < 0 || !(deviation > 0)) {
      throw new IllegalArgumentException(
          "mean field: needs samples >= 0, batch >= 0 and a deviation > 0, got %d, %d and %s"
              .formatted(samples, batch, deviation));
    }
  }

  /**
   * The fitted q of M rows.
   *
   * @param mean F64 [M, shape...] by name
   * @param logDeviation F64 [M, shape...] by name
   */
  public record Fit(Map<String, HostTensor> mean, Map<String, HostTensor> logDeviation) {
    /**
     * Returns draws from q, [M, J, shape...].
     *
     * @param first number of the first draw
     */
    public Map<String, HostTensor> draws(Device device, List<TrialKey> keys, int first, int count) {
      Map<String, HostTensor> given = new LinkedHashMap<>();
      mean.forEach((name, v) -> given.put("mean/" + name, v));
      logDeviation.forEach((name, v) -> given.put("log/" + name, v));
      return Draws.run(device, keys, first, count, given, this::rule);
    }

    private Map<String, Value> rule(Map<String, Value> in, Randoms random) {
      Map<String, Value> out = new LinkedHashMap<>();
      for (Map.Entry<String, HostTensor> e : mean.entrySet()) {
        Value z =
            random.normal(
                "mean-field/draw/" + e.getKey(), DType.F64, e.getValue().shape().remove(0));
        Value sd = F.exp(Draws.lifted(in.get("log/" + e.getKey())));
        out.put(e.getKey(), F.add(Draws.lifted(in.get("mean/" + e.getKey())), F.mul(sd, z)));
      }
      return out;
    }
  }

  /**
   * Fits q to a potential.
   *
   * @param keys one a row
   * @param start means at the start, F64 [M, shape...] by name
   */
  public Fit fit(
      Device device, Potential target, List<TrialKey> keys, Map<String, HostTensor> start) {
    Map<String, HostTensor> both = new LinkedHashMap<>();
    for (String name : target.parameters().keySet()) {
      HostTensor mean = start.get(name);
      double[] logs = new double[(int) mean.shape().size()];
      Arrays.fill(logs, Math.log(deviation * target.scale(name)));
      both.put("mean/" + name, mean.toDouble());
      both.put("log/" + name, HostTensor.of(mean.shape(), logs));
    }
    Map<String, HostTensor> end =
        descent.run(
            device,
            target.inputs(),
            keys,
            both,
            (b, q, key, step) -> objective(b, target, q, key, step));
    Map<String, HostTensor> mean = new LinkedHashMap<>();
    Map<String, HostTensor> log = new LinkedHashMap<>();
    for (String name : target.parameters().keySet()) {
      mean.put(name, end.get("mean/" + name));
      log.put(name, end.get("log/" + name));
    }
    return new Fit(mean, log);
  }

  private Value objective(
      Program.Builder b, Potential target, Map<String, Value> q, Value key, Value step) {
    Map<String, Value> mean = new LinkedHashMap<>();
    target.parameters().keySet().forEach(name -> mean.put(name, q.get("mean/" + name)));
    Value u =
        batch == 0
            ? target.of(b, mean)
            : target.estimate(b, mean, Sgld.ids(target, key, step, batch));
    Map<Value, Value> stacked = new LinkedHashMap<>();
    int count = samples == 0 ? 2 * size(target) : samples;
    Randoms random = new Randoms(key, F.iota(2, 1, count), step);
    Value entropy = null;
    int first = 0;
    for (Map.Entry<String, Value> e : mean.entrySet()) {
      Value log = q.get("log/" + e.getKey());
      Shape rest = log.shape().remove(0);
      Value z =
          samples == 0
              ? points(first, size(target), rest)
              : random.normal("mean-field/" + e.getKey(), DType.F64, rest);
      first += (int) rest.size();
      stacked.put(
          e.getValue(), F.add(Draws.lifted(e.getValue()), F.mul(Draws.lifted(F.exp(log)), z)));
      Value sum = NetworkPosterior.column(F.sum(log, NetworkPosterior.behind(log)));
      entropy = F.addOrNull(entropy, sum);
    }
    Value each = Diff.stack(List.of(u), stacked, count).get(0); // [M, S, 1]
    return F.sub(NetworkPosterior.column(F.mean(each, 1, 2)), entropy);
  }

  /**
   * Returns the coordinates of the points for the weights from number {@code first}, [1, 2 n,
   * shape...].
   */
  private static Value points(int first, int n, Shape rest) {
    int own = (int) rest.size();
    Value row = F.iota(3, 1, 2 * n);
    Value column = F.add(F.iota(3, 2, own), F.fill(DType.I32, Shape.of(1, 1, 1), first));
    double length = Math.sqrt(n);
    Value zero = F.fill(DType.F64, Shape.of(1, 1, 1), 0);
    Value plus = F.select(F.eq(row, column), F.constant(zero, length), zero);
    Value minus =
        F.select(F.eq(row, F.add(column, F.constant(column, n))), F.constant(zero, -length), zero);
    return F.reshape(F.add(plus, minus), rest.insert(0, 2 * n).insert(0, 1));
  }

  private static int size(Potential target) {
    return target.parameters().values().stream().mapToInt(s -> (int) s.size()).sum();
  }
}
