// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
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
  private static final int EXAMPLES = 16;
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
    Attack one = AttackNames.of(spec.attack(), spec.steps(), spec.relativeStep());
    CurveAttack plain =
        CurveAttack.of(one, new Threat(spec.norm(), c.data().box()), spec.epsilons())
            .withRestarts(one.randomStart() ? spec.restarts() : 1)
            .withSlots(Math.min(SLOTS, part.length));
    AttackLoss loss = spec.loss().orElse(AttackLoss.CROSS_ENTROPY);
    CurveAttack attack =
        loss.targeted() ? plain.withTargets(spec.targets().orElse(TARGETS)) : plain.withLoss(loss);
    int models = c.trials().size();
    CurveResult r =
        c.kept()
            .with(
                List.of(attack, part.length),
                models,
                () ->
                    new CurveAttacker(c.device(), c.network(), attack).prepare(models, part.length),
                prepared -> prepared.run(c.models(), c.keys(), x, y));
    double[] epsilons = spec.epsilons().stream().mapToDouble(Double::doubleValue).toArray();
    int features = Math.toIntExact(x.shape().size() / part.length);
    List<List<Example>> examples = examples(c, part, x, y, r, features);
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

  private static void witnesses(Context c, int model, double[][] found, int features) {
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

  /** Returns the samples of a model that fell nearest to themselves, nearest first. */
  private static int[] nearest(CurveResult r, int m) {
    return IntStream.range(0, r.witness()[m].length)
        .boxed()
        .filter(n -> r.witness()[m][n] != null && r.distance()[m][n] > 0)
        .sorted(Comparator.comparingDouble(n -> r.distance()[m][n]))
        .limit(EXAMPLES)
        .mapToInt(n -> n)
        .toArray();
  }

  /** Returns the examples of each model; only their witnesses are classified. */
  private List<List<Example>> examples(
      Context c, int[] part, HostTensor x, HostTensor y, CurveResult r, int features) {
    int models = r.witness().length;
    int[][] chosen = IntStream.range(0, models).mapToObj(m -> nearest(r, m)).toArray(int[][]::new);
    int most = Arrays.stream(chosen).mapToInt(own -> own.length).max().orElseThrow();
    if (most == 0) {
      return Collections.nCopies(models, List.of());
    }
    double[] points = new double[models * most * features];
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < chosen[m].length; i++) {
        double[] w = r.witness()[m][chosen[m][i]];
        System.arraycopy(w, 0, points, (m * most + i) * features, features);
      }
    }
    Predictions fooled = Predictions.ofPoints(c.models(), points, most);
    return IntStream.range(0, models)
        .mapToObj(m -> examples(c, part, x, y, r, chosen[m], fooled, m, features))
        .toList();
  }

  private List<Example> examples(
      Context c,
      int[] part,
      HostTensor x,
      HostTensor y,
      CurveResult r,
      int[] chosen,
      Predictions fooled,
      int m,
      int features) {
    Shape s = c.network().input();
    boolean picture = s.rank() >= 2;
    int height = picture ? s.dim(0) : 1;
    int width = picture ? s.dim(1) : features;
    int channels = s.rank() == 3 ? s.dim(2) : 1;
    List<Example> out = new ArrayList<>();
    for (int e = 0; e < chosen.length; e++) {
      int n = chosen[e];
      float[] clean = new float[features];
      float[] adversarial = new float[features];
      for (int i = 0; i < features; i++) {
        clean[i] = (float) x.get(n * features + i);
        adversarial[i] = (float) r.witness()[m][n][i];
      }
      out.add(
          new Example(
              part[n],
              (int) y.get(n),
              fooled.predicted(m, e),
              spec.epsilons().get(r.survived()[m][n]),
              height,
              width,
              channels,
              clean,
              adversarial));
    }
    return out;
  }
}
