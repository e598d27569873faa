// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/**
 * Stochastic gradient Langevin dynamics (Welling and Teh 2011) with a constant step and no
 * Metropolis test: {@code w' = w - h s^2 grad U(w) + sqrt(2 h) s xi}, s the potential's {@link
 * Potential#scale}. Biased: for a normal target of precision P (s = 1) and gradient noise of
 * constant covariance C the stationary covariance S solves {@code P S + S P - h P S P = 2 I + h C},
 * which needs h below 2 over the largest eigenvalue.
 *
 * @param step h, above 0
 * @param batch samples per gradient, drawn with replacement; 0 takes all samples
 */
public record Sgld(double step, int batch) {
  public Sgld {
    if (!(step > 0) || Double.isInfinite(step)) {
      throw new IllegalArgumentException("sgld: step must be > 0, got " + step);
    }
    if (batch < 0) {
      throw new IllegalArgumentException("sgld: batch must be >= 0, got " + batch);
    }
  }

  /**
   * Runs one chain per key.
   *
   * @param start F64 [C, shape...] by name
   * @param warmUp steps before the first that is kept
   * @param keep states kept, at least 1
   * @param thin steps from one to the next, at least 1
   */
  public Chains run(
      Device device,
      Potential target,
      List<TrialKey> keys,
      Map<String, HostTensor> start,
      int warmUp,
      int keep,
      int thin) {
    int c = keys.size();
    List<Map<String, HostTensor>> draws = new ArrayList<>();
    try (Workspace space = new Workspace(device, "sgld")) {
      space.putAll("", target.inputs());
      space.putAll("param/", start);
      space.put("key", TrialKey.tensor(keys));
      space.put("count/step", HostTensor.of(Shape.of(c, 1), new int[c]));
      Sequence.Step one = Sequence.run(space.link(space.declare(program(target, c))));
      space.loop(warmUp, one).run();
      Sequence between = space.loop(thin, one);
      for (int t = 0; t < keep; t++) {
        between.run();
        draws.add(State.read(space, target));
      }
    }
    double[] accepted = new double[c];
    Arrays.fill(accepted, 1);
    double[] steps = new double[c];
    Arrays.fill(steps, step);
    return new Chains(draws, accepted, new int[c], steps, false);
  }

  private Program program(Potential target, int chains) {
    Program.Builder b = Program.builder("sgld");
    Map<String, Value> w = State.declare(b, "param/", target, chains);
    Value key = b.input("key", State.i32(chains, 2));
    Value count = b.input("count/step", State.i32(chains, 1));
    Value u = batch == 0 ? target.of(b, w) : target.estimate(b, w, ids(target, key, count, batch));
    List<String> names = List.copyOf(w.keySet());
    List<Value> gradients = Diff.grad(u, names.stream().map(w::get).toList());
    Randoms random = State.draws(key, count);
    Map<String, Value> next = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Value old = w.get(names.get(i));
      double s = target.scale(names.get(i));
      Value noise = State.normal(random, "sgld/noise/" + names.get(i), old);
      Value moved = F.sub(old, F.mul(gradients.get(i), step * s * s));
      next.put(names.get(i), F.add(moved, F.mul(noise, Math.sqrt(2 * step) * s)));
    }
    next.forEach((name, v) -> b.state("param/" + name, v));
    b.state("count/step", F.add(count, F.constant(count, 1)));
    return b.build();
  }

  /** Draws a batch of samples with replacement, I32 [C, B]. */
  static Value ids(Potential target, Value key, Value count, int batch) {
    if (target.samples() == 0) {
      throw new IllegalArgumentException("the target has no samples to draw batches from");
    }
    Randoms random = new Randoms(key, F.iota(2, 1, batch), count);
    Value unit = random.unit("batch/with-replacement", DType.F64, Shape.of(1)); // [C, B, 1]
    Value index = F.cast(F.mul(unit, target.samples()), DType.I32);
    return F.reshape(index, Shape.of(key.shape().models(), batch));
  }
}
