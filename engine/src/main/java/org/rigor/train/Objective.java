// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.certify.MarginBounds;
import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.nn.Pass;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/** The inputs from which a {@link Method} traces its loss: one batch of M models. */
public final class Objective {
  private final Inputs in;
  private final Map<String, Value> params;
  private final Map<String, Value> stored;
  private final Map<String, Value> updates = new LinkedHashMap<>();
  private Value perturbed;

  /**
   * @param params at which the loss is taken
   */
  Objective(Inputs in, Map<String, Value> params) {
    this.in = in;
    this.params = new LinkedHashMap<>(params);
    this.stored = Map.copyOf(params);
  }

  /** Returns the clean samples, [M, B, input...]. */
  public Value x() {
    return in.batch("batch/x");
  }

  /** Returns the samples as the method perturbed them, or the clean ones if it does not. */
  public Value perturbed() {
    if (perturbed == null) {
      Method method = in.setup().method();
      perturbed =
          method.replay().isPresent()
              ? F.add(x(), in.batch("state/delta"))
              : method.perturbation().isPresent() ? in.batch("batch/adversarial") : x();
      Box box = in.setup().box();
      if (method.replay().isPresent() && box.isBounded()) {
        perturbed = F.clamp(perturbed, box.lower(), box.upper());
      }
    }
    return perturbed;
  }

  /** Returns the one-hot labels, [M, B, K]. */
  public Value labels() {
    return in.oneHot();
  }

  /** Returns the labels with each model's smoothing, [M, B, K]. */
  public Value smoothed() {
    Value target = labels();
    Value s = F.reshape(smoothing(), Shape.of(in.models(), 1, 1));
    return F.add(F.sub(target, F.mul(target, s)), F.mul(s, 1.0 / in.setup().network().outputs()));
  }

  /** Returns each model's label smoothing, [M, 1]. */
  Value smoothing() {
    return in.column("hyper/label-smoothing");
  }

  /** Returns the teacher's targets, [M, B, K]. */
  public Value target() {
    return in.outputs("batch/target");
  }

  /** Returns a number of {@link Method#numbers}, [M, 1, 1]. */
  public Value number(String name) {
    return Inputs.ranked(in.column("method/" + name), 3);
  }

  /** Returns a number of {@link Method#tables} at the current step, [M, 1, 1]. */
  public Value table(String name) {
    return Inputs.ranked(in.table(name), 3);
  }

  /** Returns each model's epsilon, [M, 1, 1]. */
  public Value epsilon() {
    return Inputs.ranked(in.column("attack/epsilon"), 3);
  }

  /**
   * Bounds all margins around samples by the network as it evaluates: batch norms use their running
   * statistics and layers draw nothing.
   *
   * @param centre [M, B, input...]
   * @param radius in linf, [M, 1, 1]
   * @return differentiable in the parameters
   */
  public MarginBounds margins(Value centre, Value radius) {
    return MarginBounds.around(
        in.setup().network(), stored, centre, radius, in.setup().box(), labels());
  }

  /**
   * Returns the outputs of a training pass, [M, B, K]. Batch norms use the batch statistics and
   * update their running ones once per pass, in tracing order; step counters advance once.
   */
  public Value logits(Value x) {
    Pass pass = Pass.with(Pass.Statistics.BATCH, this::randoms);
    Value y = in.setup().network().apply(params, x, pass);
    params.putAll(pass.updates());
    updates.putAll(pass.updates());
    updates.putAll(pass.ticks());
    return y;
  }

  /** Traces a training pass for what buffers learn from it alone. */
  void learn(Value x) {
    logits(x);
  }

  /** Returns the random source of the layers, the same in every pass of a step. */
  private Randoms randoms() {
    Value ids = in.ints("batch/ids", in.models(), in.setup().batch());
    return new Randoms(in.ints("key", in.models(), 2), ids, in.counter("step"));
  }

  /** Returns the buffers as updated by the passes so far. */
  Map<String, Value> updates() {
    return Collections.unmodifiableMap(updates);
  }
}
