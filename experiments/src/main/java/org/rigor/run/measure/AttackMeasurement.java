// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.function.DoubleConsumer;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.DistanceFinder;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;

/** Attacked accuracy over epsilon, with a witness of every success. */
final class AttackMeasurement implements Measurement {
  private static final int SLOTS = 64;

  /** All wrong classes of ten. */
  private static final int TARGETS = 9;

  private final MeasurementSpec.PgdCurve spec;

  AttackMeasurement(MeasurementSpec.PgdCurve spec) {
    this.spec = spec;
  }

  @Override
  public String phase(String type) {
    return "attack";
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor y = StudyData.labels(c.data(), part);
    CurveResult r = attacked(c, part, x, y);
    double[] epsilons = spec.epsilons().stream().mapToDouble(Double::doubleValue).toArray();
    int features = Math.toIntExact(x.shape().size() / part.length);
    List<List<Example>> examples =
        new FallenExamples(c, part, x, y, spec.epsilons())
            .of(r.survived(), r.witness(), r.distance());
    for (int m = 0; m < c.trials().size(); m++) {
      Gathered g = c.gathered().get(m);
      int undefined = count(r.undefined()[m]);
      g.curves.add(
          new Curve(
              Curve.Side.ATTACKED,
              AttackNames.name(spec.attack()),
              r.kind().get(m),
              epsilons,
              r.survived()[m]));
      g.scalars.put(
          "ambiguous-attacks",
          new Scalar(r.ambiguous()[m], Kind.EXACT, "successes not confirmed in double"));
      if (undefined > 0) {
        g.scalars.put(
            "undefined-logits",
            new Scalar(undefined, Kind.EXACT, "samples fallen to logits that are NaN"));
      }
      if (g.examples.isEmpty()) {
        g.examples = examples.get(m);
      }
      if (spec.witnesses()) {
        witnesses(c, m, r.witness()[m], features);
      }
    }
  }

  /** Attacks the samples of a part of the data. */
  CurveResult attacked(Context c, int[] part, HostTensor x, HostTensor y) {
    return attacked(c, part, x, y, c.done());
  }

  /**
   * Attacks the samples of a part of the data.
   *
   * @param done told what share of them is attacked
   */
  CurveResult attacked(Context c, int[] part, HostTensor x, HostTensor y, DoubleConsumer done) {
    CurveAttack attack = plan(spec, c, part.length);
    int models = c.trials().size();
    if (attack.attack().minimises()) {
      return new DistanceFinder(c.device(), c.network(), attack)
          .run(c.models(), c.keys(), x, y)
          .curve(spec.epsilons());
    }
    return c.kept()
        .with(
            List.of(attack, part.length),
            models,
            () -> new CurveAttacker(c.device(), c.network(), attack).prepare(models, part.length),
            prepared ->
                prepared.run(c.models(), c.keys(), x, y, new int[models][part.length], done));
  }

  /** Returns the attack that a study describes, on a number of samples. */
  static CurveAttack plan(MeasurementSpec.PgdCurve spec, Context c, int samples) {
    Attack one =
        AttackNames.of(spec.attack(), spec.steps(), spec.relativeStep(), c.network().input());
    AttackLoss loss = spec.loss().orElse(AttackLoss.CROSS_ENTROPY);
    CurveAttack raises =
        CurveAttack.of(one, new Threat(spec.norm(), c.data().box()), spec.epsilons())
            .withRestarts(one.randomStart() ? spec.restarts() : 1)
            .withSlots(Math.min(SLOTS, samples))
            .withLoss(loss);
    return loss.targeted() ? raises.withTargets(spec.targets().orElse(TARGETS)) : raises;
  }

  /** Stores misclassified points of a model, NaN where there is none. */
  static void witnesses(Context c, int model, double[][] found, int features) {
    double[] own = new double[found.length * features];
    for (int n = 0; n < found.length; n++) {
      for (int i = 0; i < features; i++) {
        own[n * features + i] = found[n] == null ? Double.NaN : found[n][i];
      }
    }
    HostTensor array = HostTensor.of(Shape.of(found.length, features), own);
    TrialArrays.write(c, model, "witness", array);
  }

  private static int count(boolean[] which) {
    int n = 0;
    for (boolean b : which) {
      n += b ? 1 : 0;
    }
    return n;
  }
}
