// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.rigor.attack.Attack;
import org.rigor.attack.Attacks;
import org.rigor.attack.CleanGradients;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.DistanceFinder;
import org.rigor.attack.Distances;
import org.rigor.data.Box;
import org.rigor.data.UserData;
import org.rigor.diff.Kind;
import org.rigor.io.Sha256;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.analysis.Analyses.AttackPart;
import org.rigor.run.analysis.Analyses.DistanceReport;
import org.rigor.run.analysis.Analyses.DistanceRequest;
import org.rigor.run.analysis.Analyses.DistantSample;
import org.rigor.run.analysis.Analyses.Examples;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Distances of a user's own samples to points that a network of theirs misclassifies. */
final class DistanceAnalysis {
  private static final int SLOTS = 64;

  /** The farthest radius over the least that a bisection tries. */
  private static final double RANGE = 1 << 14;

  private DistanceAnalysis() {}

  static DistanceReport run(DistanceRequest request, Models model, HostTensor x, int[] labels) {
    Network network = model.network();
    AttackSettings s = request.settings();
    Predictions clean = Predictions.of(model, x);
    List<String> warnings = new ArrayList<>();
    DType dtype = s.dtype().orElse(DType.F32);
    CurveAttack attack = plan(request, network, labels.length, dtype);
    double[] margins = new double[labels.length];
    for (int n = 0; n < margins.length; n++) {
      margins[n] = -clean.margin(0, n, labels[n]);
    }
    CleanGradients gradients = CleanGradients.at(model, attack, x, labels);
    if (dtype == DType.F32 && gradients.loses(0, margins)) {
      String lost = "float32 rounds the logits so far that margins are lost";
      if (s.dtype().isEmpty()) {
        dtype = DType.F64;
        attack = attack.withType(dtype);
        gradients = CleanGradients.at(model, attack, x, labels);
        warnings.add(lost + ": attacked in float64");
      } else {
        warnings.add(lost + "; the attack cannot be trusted, use --dtype f64");
      }
    }
    if (gradients.flats(0) > 0) {
      warnings.add(
          "the gradient vanishes at %d samples: the attack does not move there"
              .formatted(gradients.flats(0)));
    }
    Distances found =
        new DistanceFinder(model.device(), network, attack)
            .run(
                model,
                List.of(TrialKey.of(s.seed(), "evaluate")),
                x,
                HostTensor.of(Shape.of(labels.length), labels));
    if (found.ambiguous()[0] > 0) {
      warnings.add(
          "%d successes were not confirmed in double and are not counted"
              .formatted(found.ambiguous()[0]));
    }
    List<DistantSample> samples = new ArrayList<>();
    for (int n = 0; n < labels.length; n++) {
      int start = found.start()[0][n];
      boolean targeted = attack.loss().targeted() && found.distance()[0][n] > 0;
      samples.add(
          new DistantSample(
              n,
              labels[n],
              clean.predicted(0, n),
              found.distance()[0][n],
              found.resolution()[0][n],
              start,
              targeted ? OptionalInt.of(attack.target(start)) : OptionalInt.empty(),
              found.undefined()[0][n]));
    }
    if (found.kind().get(0) == Kind.BOUND
        && network.kindOfSides() == Kind.CERTIFIED
        && samples.stream().noneMatch(DistantSample::undefined)) {
      warnings.add(AttackAnalysis.TOO_DEEP);
    }
    List<Double> radii = attack.epsilons();
    return new DistanceReport(
        request,
        Sha256.of(request.model()),
        UserData.sha256(request.data()),
        model.device().info().kind() + ", " + model.device().info().name(),
        found.kind().get(0),
        AttackAnalysis.word(dtype.name()),
        new AttackPart(
            s.attack(),
            attack.loss(),
            attack.targets(),
            attack.rule(),
            attack.attack().steps(),
            attack.attack().stepShare(),
            attack.restarts(),
            (int) samples.stream().filter(DistantSample::isFooled).count()),
        farthest(request, network),
        radii.size(),
        List.copyOf(warnings),
        examples(request, model, x, labels, found),
        samples);
  }

  private static CurveAttack plan(DistanceRequest r, Network network, int samples, DType dtype) {
    AttackSettings s = r.settings();
    Attack attack = Attacks.of(s.attack(), s.forAttack());
    double farthest = farthest(r, network);
    List<Double> radii =
        attack.minimises()
            ? List.of(Math.min(farthest, Double.MAX_VALUE))
            : DistanceFinder.radii(farthest / RANGE, farthest, r.resolution());
    CurveAttack raises =
        CurveAttack.of(attack, r.threat(), radii)
            .withRestarts(attack.randomStart() ? s.restarts() : 1)
            .withSlots(Math.min(SLOTS, samples))
            .withType(dtype)
            .withRule(s.rule())
            .withLoss(s.loss(attack));
    int most = Math.max(1, Math.min(s.targets(), network.outputs() - 1));
    return raises.loss().targeted() ? raises.withTargets(most) : raises;
  }

  /** Returns up to where points count: if not given, all of the box. */
  private static double farthest(DistanceRequest r, Network network) {
    Box box = r.threat().box();
    return r.farthest()
        .orElseGet(
            () -> r.threat().norm().ofOnes(network.input().size()) * (box.upper() - box.lower()));
  }

  /** Writes the misclassified points. */
  private static Optional<Examples> examples(
      DistanceRequest request, Models model, HostTensor x, int[] labels, Distances found) {
    List<SavedPoints.Row> rows = new ArrayList<>();
    for (int n = 0; n < labels.length; n++) {
      double[] point = found.witness()[0][n];
      if (point != null) {
        String by = found.distance()[0][n] > 0 ? request.settings().attack() : "none";
        rows.add(new SavedPoints.Row(n, labels[n], n, labels[n], point, by));
      }
    }
    return new SavedPoints(model, x, request.threat().norm(), rows, named -> named)
        .write(request.keep(), Map.of());
  }
}
