// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.rigor.attack.Attack;
import org.rigor.attack.Attacks;
import org.rigor.attack.CleanGradients;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.data.UserData;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.analysis.Analyses.Adversarial;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackRequest;
import org.rigor.run.analysis.Analyses.AttackSettings;
import org.rigor.run.analysis.Analyses.AttackedSample;
import org.rigor.run.analysis.Analyses.Examples;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * An attack on a user's own network at one radius. By default it runs in float32, and again in
 * double where float32 lost the logits or proposed points that double did not confirm.
 */
final class AttackAnalysis {
  private static final int SLOTS = 64;

  private final Device device;
  private final AttackRequest request;
  private final Network network;
  private final Models model;
  private final HostTensor x;
  private final int[] labels;
  private final List<String> warnings = new ArrayList<>();

  private AttackAnalysis(AttackRequest request, Models model, HostTensor x, int[] labels) {
    this.device = model.device();
    this.request = request;
    this.network = model.network();
    this.model = model;
    this.x = x;
    this.labels = labels;
  }

  static AttackReport run(AttackRequest request, Models model, HostTensor x, int[] labels) {
    return new AttackAnalysis(request, model, x, labels).run();
  }

  /** Returns the attack that a request describes, for a network with this number of classes. */
  static CurveAttack plan(AttackRequest r, int samples, int classes) {
    AttackSettings s = r.settings();
    Attack attack = Attacks.of(s.attack(), new Attacks.Settings(s.steps(), s.relativeStep()));
    CurveAttack plain =
        CurveAttack.of(attack, r.threat(), List.of(r.epsilon()))
            .withRestarts(attack.randomStart() ? s.restarts() : 1)
            .withSlots(Math.min(SLOTS, samples))
            .withType(s.dtype().orElse(DType.F32));
    CurveAttack raises = plain.withLoss(s.loss());
    return s.loss().targeted()
        ? raises.withTargets(Math.max(1, Math.min(s.targets(), classes - 1)))
        : raises;
  }

  private AttackReport run() {
    Predictions clean = Predictions.of(model, x);
    CurveAttack plan = plan(request, labels.length, network.outputs());
    reach(plan);
    CleanGradients gradients = CleanGradients.at(model, plan, x, labels);
    if (plan.dtype() == DType.F32 && gradients.loses(margins(clean))) {
      String lost = "float32 rounds the logits so far that margins are lost";
      if (request.settings().dtype().isEmpty()) {
        plan = plan.withType(DType.F64);
        gradients = CleanGradients.at(model, plan, x, labels);
        warnings.add(lost + ": attacked in float64");
      } else {
        warnings.add(lost + "; the attack cannot be trusted, use --dtype f64");
      }
    }
    if (gradients.flats() > 0) {
      warnings.add(
          "the gradient of %s vanishes at %d samples: the attack does not move there"
              .formatted(word(plan.loss().name()), gradients.flats()));
    }
    CurveResult first = attack(plan);
    CurveResult second = first;
    boolean twice =
        plan.dtype() == DType.F32
            && request.settings().dtype().isEmpty()
            && first.ambiguous()[0] > 0;
    if (twice) {
      warnings.add(
          "%d successes in float32 were not confirmed in double: attacked in float64 too"
              .formatted(first.ambiguous()[0]));
      second = attack(plan.withType(DType.F64));
    } else if (first.ambiguous()[0] > 0) {
      warnings.add(
          "%d successes were not confirmed in double and are not counted"
              .formatted(first.ambiguous()[0]));
    }
    return report(plan, twice, clean, first, second);
  }

  private CurveResult attack(CurveAttack plan) {
    HostTensor y = HostTensor.of(Shape.of(labels.length), labels);
    List<TrialKey> keys = List.of(TrialKey.of(request.settings().seed(), "evaluate"));
    return new CurveAttacker(device, network, plan).run(model, keys, x, y);
  }

  private AttackReport report(
      CurveAttack plan, boolean twice, Predictions clean, CurveResult first, CurveResult second) {
    double[][] points = new double[labels.length][];
    CurveResult[] by = new CurveResult[labels.length];
    int width = Math.toIntExact(network.input().size());
    double[] flat = x.toDouble().doubles().clone();
    for (int n = 0; n < labels.length; n++) {
      by[n] = first.survived()[0][n] == 0 ? first : second;
      points[n] = by[n].witness()[0][n];
      if (points[n] != null) {
        System.arraycopy(points[n], 0, flat, n * width, width);
      }
    }
    Predictions fooled = Predictions.ofPoints(model, flat, labels.length);
    List<AttackedSample> samples = new ArrayList<>();
    for (int n = 0; n < labels.length; n++) {
      int predicted = clean.predicted(0, n);
      boolean wrong = predicted != labels[n];
      Optional<Adversarial> found = Optional.empty();
      if (wrong || points[n] != null) {
        boolean none = wrong || by[n].distance()[0][n] == 0;
        int start = by[n].start()[0][n];
        found =
            Optional.of(
                new Adversarial(
                    fooled.predicted(0, n),
                    fooled.margin(0, n, labels[n]),
                    none ? 0 : by[n].distance()[0][n],
                    none ? OptionalInt.empty() : OptionalInt.of(start),
                    none || !plan.loss().targeted()
                        ? OptionalInt.empty()
                        : OptionalInt.of(plan.target(start)),
                    none ? 0 : by[n].iterations()[0][n],
                    by[n].undefined()[0][n]));
      }
      samples.add(new AttackedSample(n, labels[n], predicted, found));
    }
    Kind kind = first.kind().get(0).weaker(second.kind().get(0));
    return new AttackReport(
        request,
        Sha256.of(request.model()),
        UserData.sha256(request.data()),
        device.info().kind() + ", " + device.info().name(),
        kind,
        twice ? "f32, f64" : plan.dtype().name().toLowerCase(Locale.ROOT),
        plan.attack().stepShare(),
        plan.attack().steps(),
        plan.targets(),
        plan.restarts(),
        List.copyOf(warnings),
        examples(samples, points),
        samples);
  }

  /** Warns if the steps are too short to cross the ball. */
  private void reach(CurveAttack plan) {
    double needed = plan.attack().randomStart() ? 2 : 1;
    double reach = plan.attack().reach();
    if (reach < needed) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%d steps of %.3g epsilon go %.3g epsilon, up to %.0f are needed to cross the ball:"
                  + " the attack is too weak",
              plan.attack().steps(),
              reach / plan.attack().steps(),
              reach,
              needed));
    }
  }

  /** Writes the adversarial points in double. */
  private Optional<Examples> examples(List<AttackedSample> samples, double[][] points) {
    if (request.examples().isEmpty()) {
      return Optional.empty();
    }
    int width = Math.toIntExact(network.input().size());
    int[] fell =
        samples.stream().filter(s -> points[s.index()] != null).mapToInt(s -> s.index()).toArray();
    double[] flat = new double[fell.length * width];
    int[] own = new int[fell.length];
    int[] other = new int[fell.length];
    for (int i = 0; i < fell.length; i++) {
      System.arraycopy(points[fell[i]], 0, flat, i * width, width);
      own[i] = labels[fell[i]];
      other[i] = samples.get(fell[i]).adversarial().orElseThrow().predicted();
    }
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x_adv", HostTensor.of(network.input().insert(0, fell.length), flat));
    arrays.put("index", HostTensor.of(Shape.of(fell.length), fell));
    arrays.put("y", HostTensor.of(Shape.of(fell.length), own));
    arrays.put("y_adv", HostTensor.of(Shape.of(fell.length), other));
    Npz.write(request.examples().get(), arrays, true);
    return Optional.of(new Examples(request.examples().get(), Sha256.of(request.examples().get())));
  }

  private double[] margins(Predictions clean) {
    double[] all = new double[labels.length];
    for (int n = 0; n < all.length; n++) {
      all[n] = -clean.margin(0, n, labels[n]);
    }
    return all;
  }

  private static String word(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
