// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.List;
import org.rigor.attack.CurveResult;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.VerdictSpecs;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.CurveDecider;
import org.rigor.verify.VerdictCurve;
import org.rigor.workspace.Models;

/**
 * Verdicts over epsilon. {@code arrays/ID-verdicts.npy}, [samples, epsilons], has 1 where the ball
 * is verified, -1 where it is violated and 0 where neither was shown.
 */
final class VerdictMeasurement implements Measurement {
  /** About the share of the time that the attack takes. */
  private static final double ATTACK = 0.8;

  private final VerdictSpecs.VerifyCurve spec;

  VerdictMeasurement(VerdictSpecs.VerifyCurve spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    try (Models networks = u.zeros();
        CurveDecider decider = decider(networks, u.box())) {
      decider.requireRules();
    }
  }

  private CurveDecider decider(Models networks, Box box) {
    return new CurveDecider(networks, spec.method(), box, spec.norm(), spec.budget());
  }

  @Override
  public String phase(String type) {
    return "verify";
  }

  /**
   * Verdicts on a part of the samples.
   *
   * @param part indices of the samples in the data
   * @param attacked what the attack found before
   */
  record Verdicts(
      int[] part, HostTensor x, HostTensor y, CurveResult attacked, VerdictCurve curve) {}

  /** Attacks and decides the samples. */
  Verdicts decide(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor y = StudyData.labels(c.data(), part);
    CurveResult attacked =
        new AttackMeasurement(spec.first())
            .attacked(c, part, x, y, share -> c.done().accept(ATTACK * share));
    try (CurveDecider decider = decider(c.models(), c.data().box())) {
      return new Verdicts(
          part,
          x,
          y,
          attacked,
          decider.run(
              x,
              y,
              spec.epsilons(),
              attacked,
              share -> c.done().accept(ATTACK + (1 - ATTACK) * share)));
    }
  }

  @Override
  public int effort() {
    return 40;
  }

  @Override
  public void run(Context c) {
    Verdicts decided = decide(c);
    int[] part = decided.part();
    HostTensor x = decided.x();
    HostTensor y = decided.y();
    CurveResult attacked = decided.attacked();
    VerdictCurve r = decided.curve();
    double[] radii = spec.epsilons().stream().mapToDouble(Double::doubleValue).toArray();
    List<List<Example>> examples =
        new FallenExamples(c, part, x, y, spec.epsilons())
            .of(r.survived(), r.witness(), r.distance());
    for (int m = 0; m < c.trials().size(); m++) {
      Gathered g = c.gathered().get(m);
      int[] survived = r.survived()[m];
      int[] verified = r.verified()[m];
      Kind violations = r.violatedKind().get(m);
      Kind proofs = r.verifiedKind();
      g.curves.add(new Curve(Curve.Side.ATTACKED, Curve.VERDICTS, violations, radii, survived));
      g.curves.add(new Curve(Curve.Side.CERTIFIED, Curve.VERDICTS, proofs, radii, verified));
      Kind weaker = violations == Kind.CERTIFIED ? proofs : violations;
      double[] verdicts = new double[part.length * radii.length];
      for (int e = 0; e < radii.length; e++) {
        int unknown = 0;
        for (int n = 0; n < part.length; n++) {
          int verdict = e < verified[n] ? 1 : e < survived[n] ? 0 : -1;
          verdicts[n * radii.length + e] = verdict;
          unknown += verdict == 0 ? 1 : 0;
        }
        String name = Quantities.at(VerdictSpecs.VerifyCurve.UNKNOWN, radii[e]);
        g.scalars.put(name, new Scalar((double) unknown / part.length, weaker, spec.method()));
      }
      long work = Arrays.stream(r.iterations()[m]).sum();
      g.scalars.put(
          VerdictSpecs.VerifyCurve.WORK, new Scalar(work, Kind.EXACT, "rows times steps"));
      g.scalars.put(
          "ambiguous-attacks",
          new Scalar(attacked.ambiguous()[m], Kind.EXACT, "successes not confirmed in double"));
      if (g.examples.isEmpty()) {
        g.examples = examples.get(m);
      }
      HostTensor array = HostTensor.of(Shape.of(part.length, radii.length), verdicts);
      TrialArrays.write(c, m, "verdicts", array);
      if (spec.witnesses()) {
        int features = Math.toIntExact(x.shape().size() / part.length);
        AttackMeasurement.witnesses(c, m, r.witness()[m], features);
      }
    }
  }
}
