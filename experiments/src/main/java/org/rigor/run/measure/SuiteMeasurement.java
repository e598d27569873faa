// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.attack.AttackSuite;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.RobustnessSpecs.SuiteOfAttacks;
import org.rigor.run.study.SuiteNames;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;

/** What a suite of attacks leaves, and each of its attacks. */
final class SuiteMeasurement implements Measurement {
  private static final int SLOTS = 256;

  private final SuiteOfAttacks spec;

  SuiteMeasurement(SuiteOfAttacks spec) {
    this.spec = spec;
  }

  @Override
  public String phase(String type) {
    return spec.suite();
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Threat threat = new Threat(spec.norm(), c.data().box());
    AttackSuite suite =
        SuiteNames.of(spec.suite(), threat, spec.epsilon(), x.dtype(), c.network().input())
            .fit(c.network().outputs())
            .withSlots(Math.min(SLOTS, part.length));
    AttackSuite.Result r =
        suite.run(
            c.device(),
            c.network(),
            c.models(),
            c.keys(),
            x,
            StudyData.labels(c.data(), part),
            true);
    for (int m = 0; m < c.trials().size(); m++) {
      int model = m;
      List<boolean[]> survives = r.alone().stream().map(a -> survivors(a[model])).toList();
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      Kind kind = r.curve().kind().get(m);
      double[] radius = {spec.epsilon()};
      int[] left = r.curve().survived()[m];
      c.gathered()
          .get(m)
          .curves
          .add(new Curve(Curve.Side.ATTACKED, spec.suite(), kind, radius, left));
      double[] table = new double[suite.members().size() * part.length];
      for (int i = 0; i < suite.members().size(); i++) {
        String name = suite.members().get(i).name();
        boolean[] own = survives.get(i);
        int attack = i;
        long alone =
            IntStream.range(0, part.length)
                .filter(n -> !own[n])
                .filter(
                    n ->
                        IntStream.range(0, survives.size())
                            .allMatch(j -> j == attack || survives.get(j)[n]))
                .count();
        out.put(SuiteOfAttacks.one(name), share(count(own), part.length, kind));
        out.put(
            SuiteOfAttacks.alone(name),
            new Scalar(alone / (double) part.length, Kind.ESTIMATE, "of the attacks of the suite"));
        for (int n = 0; n < part.length; n++) {
          table[i * part.length + n] = own[n] ? 1 : 0;
        }
      }
      Shape shape = Shape.of(suite.members().size(), part.length);
      TrialArrays.write(c, m, "suite", HostTensor.of(shape, table));
    }
  }

  private static boolean[] survivors(int[] radii) {
    boolean[] out = new boolean[radii.length];
    for (int n = 0; n < out.length; n++) {
      out[n] = radii[n] > 0;
    }
    return out;
  }

  private static int count(boolean[] which) {
    int n = 0;
    for (boolean b : which) {
      n += b ? 1 : 0;
    }
    return n;
  }

  private static Scalar share(int count, int of, Kind kind) {
    return new Scalar(count / (double) of, kind, "successes verified in double");
  }
}
