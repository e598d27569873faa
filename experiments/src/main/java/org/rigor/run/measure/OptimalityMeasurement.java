// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.rigor.attack.AttackSuites;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveResult;
import org.rigor.attack.DistanceFinder;
import org.rigor.attack.Distances;
import org.rigor.attack.Queries;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.OptimalitySpecs.Optimality;
import org.rigor.run.study.OptimalitySpecs.Tried;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.VerdictSpecs;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;
import org.rigor.verify.Radii;
import org.rigor.verify.RadiusFinder;
import org.rigor.workspace.Models;

/** Attacks against bracketed distances; see {@link Optimality}. */
final class OptimalityMeasurement implements Measurement {
  private static final int SLOTS = 64;

  /** The farthest radius over the least that a bisection tries. */
  private static final double RANGE = 1 << 12;

  private final Optimality spec;

  OptimalityMeasurement(Optimality spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    if (Double.isInfinite(width(u.box()))) {
      throw new IllegalArgumentException("distances are measured within a box of inputs");
    }
    try (Models networks = u.zeros();
        RadiusFinder finder = finder(networks, u.box())) {
      finder.requireRules();
    }
  }

  private RadiusFinder finder(Models networks, Box box) {
    return new RadiusFinder(networks, box, spec.norm(), spec.resolution(), spec.budget());
  }

  @Override
  public String phase(String type) {
    return "verify";
  }

  private static double width(Box box) {
    return box.upper() - box.lower();
  }

  /** Samples of the data and what attacks found of them. */
  private record Attacked(
      HostTensor x, HostTensor y, Map<Tried, Distances> found, Optional<CurveResult> suite) {
    /** Returns the nearest points of all attacks. */
    Distances nearest() {
      return Distances.nearest(List.copyOf(found.values()));
    }
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor y = StudyData.labels(c.data(), part);
    Map<Tried, Distances> found = new LinkedHashMap<>();
    spec.attacks().forEach(t -> found.put(t, distances(t, c, x, y)));
    Attacked all = new Attacked(x, y, found, spec.suite().map(s -> suite(s, c, x, y)));
    Radii radii;
    try (RadiusFinder finder = finder(c.models(), c.data().box())) {
      radii = finder.run(x, y, all.nearest());
    }
    for (int m = 0; m < c.trials().size(); m++) {
      report(c, m, all, radii);
    }
  }

  private Distances distances(Tried t, Context c, HostTensor x, HostTensor y) {
    double farthest = spec.norm().ofOnes(c.network().input().size()) * width(c.data().box());
    int samples = x.shape().dim(0);
    CurveAttack one = AttackMeasurement.plan(t.curve(spec.norm(), List.of(farthest)), c, samples);
    List<Double> tried = DistanceFinder.radii(farthest / RANGE, farthest, spec.resolution());
    CurveAttack attack =
        one.attack().minimises()
            ? one
            : AttackMeasurement.plan(t.curve(spec.norm(), tried), c, samples);
    return new DistanceFinder(c.device(), c.network(), attack).run(c.models(), c.keys(), x, y);
  }

  private CurveResult suite(String name, Context c, HostTensor x, HostTensor y) {
    Threat threat = new Threat(spec.norm(), c.data().box());
    AttackSuites.Goal goal =
        new AttackSuites.Goal(threat, spec.epsilons(), DType.F32, Optional.empty());
    return AttackSuites.of(name, goal)
        .fit(c.network().outputs())
        .withSlots(Math.min(SLOTS, x.shape().dim(0)))
        .run(c.device(), c.network(), c.models(), c.keys(), x, y)
        .curve();
  }

  private void report(Context c, int m, Attacked all, Radii radii) {
    Map<String, Scalar> out = c.gathered().get(m).scalars;
    double[] low = radii.lower()[m];
    double[] high = radii.upper()[m];
    int samples = low.length;
    int narrow = 0;
    for (int n = 0; n < samples; n++) {
      narrow += radii.resolved(m, n, spec.resolution()) ? 1 : 0;
    }
    Kind violated = radii.upperKind().get(m);
    String how = "verdicts on balls";
    out.put(Optimality.BRACKETED, new Scalar((double) narrow / samples, Kind.EXACT, how));
    out.put(Optimality.LOWER, new Scalar(median(low), radii.lowerKind(), how));
    out.put(Optimality.UPPER, new Scalar(median(high), violated, how));
    double verdicts = Arrays.stream(radii.verdicts()[m]).average().orElse(0);
    out.put("verdicts", new Scalar(verdicts, Kind.EXACT, how));
    double work = Arrays.stream(radii.iterations()[m]).sum();
    out.put(VerdictSpecs.VerifyCurve.WORK, new Scalar(work, Kind.EXACT, "rows times steps"));
    double[] epsilons = spec.epsilons().stream().mapToDouble(Double::doubleValue).toArray();
    int[] verified =
        IntStream.range(0, samples).map(n -> verified(epsilons, low[n], high[n])).toArray();
    int[] survived = IntStream.range(0, samples).map(n -> below(epsilons, high[n])).toArray();
    List<Curve> curves = c.gathered().get(m).curves;
    curves.add(new Curve(Curve.Side.ATTACKED, Curve.VERDICTS, violated, epsilons, survived));
    curves.add(
        new Curve(Curve.Side.CERTIFIED, Curve.VERDICTS, radii.lowerKind(), epsilons, verified));

    int crossed = 0;
    List<double[]> columns = new ArrayList<>(List.of(low, high));
    for (Map.Entry<Tried, Distances> e : all.found().entrySet()) {
      Distances found = e.getValue();
      double[] far = found.distance()[m];
      crossed += crossed(low, far, found.kind().get(m));
      columns.add(far);
      String name = e.getKey().label();
      Areas areas = Areas.of(low, high, far);
      put(out, name, areas, found.queries()[m]);
      excess(out, name, epsilons, verified, survived, n -> below(epsilons, far[n]));
    }
    if (all.suite().isPresent()) {
      CurveResult r = all.suite().get();
      crossed += crossed(low, r.distance()[m], r.kind().get(m));
      excess(out, spec.suite().get(), epsilons, verified, survived, n -> r.survived()[m][n]);
    }
    out.put(Optimality.CROSSED, new Scalar(crossed, Kind.EXACT, "all attacks against verdicts"));
    double[] flat = new double[samples * columns.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = columns.get(i % columns.size())[i / columns.size()];
    }
    TrialArrays.write(c, m, "radius", HostTensor.of(Shape.of(samples, columns.size()), flat));
  }

  private static void put(Map<String, Scalar> out, String name, Areas areas, Queries[] asked) {
    String how = "areas up to " + areas.cut();
    for (String side : List.of("lower", "upper")) {
      double v = side.equals("lower") ? areas.lower() : areas.upper();
      out.put(
          Optimality.side("optimality", side, name),
          Double.isNaN(v)
              ? Scalar.undecided(Kind.BOUND, "no sample has a distance to compare")
              : new Scalar(v, Kind.BOUND, how));
    }
    double forwards = Arrays.stream(asked).mapToLong(Queries::forwards).average().orElse(0);
    double backwards = Arrays.stream(asked).mapToLong(Queries::backwards).average().orElse(0);
    out.put("forwards/" + name, new Scalar(forwards, Kind.EXACT, "mean over samples"));
    out.put("backwards/" + name, new Scalar(backwards, Kind.EXACT, "mean over samples"));
  }

  /** Puts how far an attack's robust accuracy exceeds both sides of the true one. */
  private static void excess(
      Map<String, Scalar> out,
      String name,
      double[] epsilons,
      int[] verified,
      int[] survived,
      IntUnaryOperator own) {
    int samples = verified.length;
    for (int e = 0; e < epsilons.length; e++) {
      int least = 0;
      int most = 0;
      for (int n = 0; n < samples; n++) {
        boolean stands = own.applyAsInt(n) > e;
        least += (stands ? 1 : 0) - (survived[n] > e ? 1 : 0);
        most += (stands ? 1 : 0) - (verified[n] > e ? 1 : 0);
      }
      String says = "robust accuracy under attack less the true one";
      put(out, "lower", name, epsilons[e], (double) Math.max(0, least) / samples, says);
      put(out, "upper", name, epsilons[e], (double) most / samples, says);
    }
  }

  private static void put(
      Map<String, Scalar> out, String side, String name, double epsilon, double v, String says) {
    String key = Quantities.at(Optimality.side("excess", side, name), epsilon);
    out.put(key, new Scalar(v, Kind.BOUND, says));
  }

  /** Returns the number of radii below the distance of a misclassified point. */
  private static int below(double[] epsilons, double distance) {
    return (int) Arrays.stream(epsilons).filter(e -> e < distance).count();
  }

  /** Returns the number of radii that are verified; none of a misclassified sample. */
  private static int verified(double[] epsilons, double low, double high) {
    return high == 0 ? 0 : (int) Arrays.stream(epsilons).filter(e -> e <= low).count();
  }

  private static int crossed(double[] low, double[] distance, Kind kind) {
    boolean proved = kind == Kind.CERTIFIED || kind == Kind.EXACT;
    return (int)
        IntStream.range(0, low.length)
            // the distance of a point may be rounded to nearest
            .filter(n -> proved && Math.nextUp(distance[n]) < low[n])
            .count();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
  }
}
