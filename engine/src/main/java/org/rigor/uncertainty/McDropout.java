// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

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
 * Dropout as a distribution of weights (Gal and Ghahramani 2016, equations 4 to 7): dropping a unit
 * sets a row of the next weight matrix to 0 and divides the kept rows by {@code 1 - rate}. Training
 * minimises the mean of U over masks; a draw is one mask for all inputs, so an attack on a draw
 * meets a fixed network.
 *
 * @param rate probability that a unit is dropped, in (0, 1)
 * @param masked weights [inputs, outputs] whose rows are dropped, by name
 * @param samples masks per step, at least 1; each applies to the whole batch
 * @param batch samples per step for the likelihood, drawn with replacement; 0 takes all
 */
public record McDropout(double rate, List<String> masked, int samples, int batch, Descent descent) {
  public McDropout {
    masked = List.copyOf(masked);
    if (!(rate > 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout: the rate must lie in (0, 1), got " + rate);
    }
    if (samples < 1 || batch < 0) {
      throw new IllegalArgumentException(
          "dropout: needs samples >= 1 and batch >= 0, got " + samples + " and " + batch);
    }
  }

  /**
   * Trains M rows.
   *
   * @param start F64 [M, shape...] by name
   */
  public Map<String, HostTensor> train(
      Device device, Potential target, List<TrialKey> keys, Map<String, HostTensor> start) {
    if (!target.parameters().keySet().containsAll(masked)) {
      throw new IllegalArgumentException(
          "dropout: no such weights: " + masked + "; there are " + target.parameters().keySet());
    }
    return descent.run(
        device,
        target.inputs(),
        keys,
        start,
        (b, w, key, step) -> objective(b, target, w, key, step));
  }

  private Value objective(
      Program.Builder b, Potential target, Map<String, Value> w, Value key, Value step) {
    Value u =
        batch == 0 ? target.of(b, w) : target.estimate(b, w, Sgld.ids(target, key, step, batch));
    Randoms random = new Randoms(key, F.iota(2, 1, samples), step);
    Map<Value, Value> stacked = new LinkedHashMap<>();
    for (String name : masked) {
      stacked.put(w.get(name), dropped(w.get(name), name, random));
    }
    return NetworkPosterior.column(F.mean(Diff.stack(List.of(u), stacked, samples).get(0), 1, 2));
  }

  /**
   * Returns draws of the weights, [M, J, shape...].
   *
   * @param trained F64 [M, shape...] by name
   * @param first number of the first draw
   */
  public Map<String, HostTensor> draws(
      Device device, List<TrialKey> keys, int first, int count, Map<String, HostTensor> trained) {
    return Draws.run(
        device,
        keys,
        first,
        count,
        trained,
        (in, random) -> {
          Map<String, Value> out = new LinkedHashMap<>();
          in.forEach(
              (name, w) ->
                  out.put(
                      name,
                      masked.contains(name)
                          ? dropped(w, name, random)
                          : F.broadcast(Draws.lifted(w), w.shape().insert(1, count))));
          return out;
        });
  }

  /** Returns [M, inputs, outputs] with rows dropped, as [M, S, inputs, outputs]. */
  private Value dropped(Value w, String name, Randoms random) {
    int inputs = w.shape().dim(1);
    Value unit = random.unit("dropout/" + name, DType.F64, Shape.of(inputs, 1)); // [M, S, in, 1]
    Value zero = F.constant(unit, 0);
    Value kept = F.ge(unit, F.constant(unit, rate));
    return F.mul(Draws.lifted(w), F.select(kept, F.constant(unit, 1 / (1 - rate)), zero));
  }
}
