// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackSuite;
import org.rigor.attack.AttackSuite.Member;
import org.rigor.attack.AttackSuites;
import org.rigor.attack.Attacks;
import org.rigor.attack.CleanGradients;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveResult;
import org.rigor.attack.MaskingSigns;
import org.rigor.attack.Pgd;
import org.rigor.attack.Transfer;
import org.rigor.attack.UniversalAttack;
import org.rigor.data.UserData;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.io.Sha256;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.analysis.Analyses.Adversarial;
import org.rigor.run.analysis.Analyses.AttackPart;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackRequest;
import org.rigor.run.analysis.Analyses.AttackedSample;
import org.rigor.run.analysis.Analyses.Examples;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/**
 * An attack on a user's own network at one radius. By default it runs in float32, and again in
 * double where float32 lost the logits or proposed points that double did not confirm.
 */
final class AttackAnalysis {
  private static final int SLOTS = 64;

  /** Samples on which signs of masking are looked for: a tenth of all, within limits. */
  private static final int FEWEST = 20;

  private static final int MOST = 100;

  /** What is said where points were confirmed without an enclosure. */
  static final String TOO_DEEP =
      "the network is too deep to enclose its rounding: points were confirmed in double alone";

  private final Device device;
  private final AttackRequest request;
  private final Network network;
  private final Models model;
  private final Models climbed;
  private final HostTensor climbs; // samples as the climbed network takes them
  private final HostTensor x;
  private final int[] labels;
  private final Optional<Shown> shown;
  private final List<String> warnings = new ArrayList<>();
  private Optional<double[]> delta = Optional.empty(); // of a universal attack

  private AttackAnalysis(
      AttackRequest request,
      Models model,
      Models climbed,
      HostTensor x,
      int[] labels,
      Optional<Shown> shown) {
    this.shown = shown;
    this.climbed = climbed;
    this.climbs = x.reshape(climbed.network().input().insert(0, labels.length));
    this.device = model.device();
    this.request = request;
    this.network = model.network();
    this.model = model;
    this.x = x;
    this.labels = labels;
  }

  static AttackReport run(AttackRequest request, Models model, HostTensor x, int[] labels) {
    return run(request, model, model, x, labels, Optional.empty());
  }

  /**
   * Attacks a network along the gradients of one that may be another.
   *
   * @param climbed of samples that have as many numbers
   * @param shown how the report names samples, if they are of a targeted attack
   */
  static AttackReport run(
      AttackRequest request,
      Models model,
      Models climbed,
      HostTensor x,
      int[] labels,
      Optional<Shown> shown) {
    return new AttackAnalysis(request, model, climbed, x, labels, shown).run();
  }

  /** Returns the attacks that a request describes, for a network with this number of classes. */
  static AttackSuite plan(AttackRequest r, int samples, int classes, DType dtype) {
    return plan(r, r.settings(), samples, classes, dtype);
  }

  private static AttackSuite plan(
      AttackRequest r, AttackSettings s, int samples, int classes, DType dtype) {
    List<Double> radius = List.of(r.epsilon());
    if (AttackSuites.names().contains(s.attack())) {
      return AttackSuites.of(
              s.attack(), new AttackSuites.Goal(r.threat(), radius, dtype, s.layout()))
          .withSlots(Math.min(SLOTS, samples))
          .fit(classes);
    }
    boolean one = s.attack().equals(UniversalAttack.NAME); // steps as projected gradients
    Attack attack =
        one
            ? new Pgd(s.steps(), Pgd.REACH / s.steps(), false)
            : Attacks.of(s.attack(), s.forAttack());
    CurveAttack raises =
        CurveAttack.of(attack, r.threat(), radius)
            .withRestarts(attack.randomStart() ? s.restarts() : 1)
            .withSlots(Math.min(SLOTS, samples))
            .withType(dtype)
            .withRule(s.rule())
            .withLoss(s.loss(attack));
    CurveAttack own = raises.loss().targeted() ? raises.withTargets(s.targets()) : raises;
    return new AttackSuite(List.of(new Member(s.attack(), own))).fit(classes);
  }

  private AttackSuite plan(DType dtype) {
    return plan(request.settings(), dtype);
  }

  private AttackSuite plan(AttackSettings settings, DType dtype) {
    return plan(request, settings, labels.length, network.outputs(), dtype);
  }

  private AttackReport run() {
    Predictions clean = Predictions.of(model, x);
    DType dtype = request.settings().dtype().orElse(DType.F32);
    AttackSuite plan = plan(dtype);
    plan.members().forEach(m -> reach(m.attack()));
    CleanGradients gradients = CleanGradients.at(climbed, first(plan), climbs, labels);
    Predictions there = climbed == model ? clean : Predictions.of(climbed, climbs);
    if (dtype == DType.F32 && gradients.loses(0, margins(there))) {
      String lost = "float32 rounds the logits so far that margins are lost";
      if (request.settings().dtype().isEmpty()) {
        dtype = DType.F64;
        plan = plan(dtype);
        gradients = CleanGradients.at(climbed, first(plan), climbs, labels);
        warnings.add(lost + ": attacked in float64");
      } else {
        warnings.add(lost + "; the attack cannot be trusted, use --dtype f64");
      }
    }
    if (gradients.flats(0) > 0) {
      String attack = plan.members().size() == 1 ? "the attack" : plan.members().get(0).name();
      warnings.add(
          "the gradient of %s vanishes at %d samples: %s does not move there"
              .formatted(word(first(plan).loss().name()), gradients.flats(0), attack));
    }
    AttackSuite.Result first = attack(plan);
    AttackSuite.Result second = first;
    int ambiguous = first.curve().ambiguous()[0];
    boolean twice = dtype == DType.F32 && request.settings().dtype().isEmpty() && ambiguous > 0;
    if (twice) {
      warnings.add(
          "%d successes in float32 were not confirmed in double: attacked in float64 too"
              .formatted(ambiguous));
      second = attack(plan(DType.F64));
    } else if (ambiguous > 0) {
      warnings.add(
          "%d successes were not confirmed in double and are not counted".formatted(ambiguous));
    }
    return report(plan, twice ? "f32, f64" : word(dtype.name()), clean, first, second);
  }

  private static CurveAttack first(AttackSuite plan) {
    return plan.members().get(0).attack();
  }

  private AttackSuite.Result attack(AttackSuite plan) {
    HostTensor y = HostTensor.of(Shape.of(labels.length), labels);
    TrialKey key = TrialKey.of(request.settings().seed(), "evaluate");
    if (request.settings().attack().equals(UniversalAttack.NAME)) {
      CurveAttack a = first(plan);
      UniversalAttack one =
          new UniversalAttack(a.threat(), request.epsilon(), a.loss(), a.attack().steps());
      UniversalAttack.Found found = one.run(model, x, y);
      delta = Optional.of(found.delta());
      return alone(found.curve());
    }
    return climbed == model
        ? plan.run(device, network, model, List.of(key), x, y, request.ledger())
        : alone(Transfer.run(model, climbed, first(plan), key, x, y));
  }

  /** Returns the result of a suite of one attack. */
  private static AttackSuite.Result alone(CurveResult curve) {
    int[] by =
        Arrays.stream(curve.distance()[0]).mapToInt(d -> d > 0 ? 0 : AttackSuite.NONE).toArray();
    return new AttackSuite.Result(curve, new int[][] {by}, List.of());
  }

  private AttackReport report(
      AttackSuite plan,
      String dtype,
      Predictions clean,
      AttackSuite.Result first,
      AttackSuite.Result second) {
    double[][] points = new double[labels.length][];
    AttackSuite.Result[] by = new AttackSuite.Result[labels.length];
    int[] fell = new int[plan.members().size()];
    int[] place = new int[labels.length]; // among the points that are not samples
    List<double[]> moved = new ArrayList<>();
    for (int n = 0; n < labels.length; n++) {
      by[n] = first.curve().survived()[0][n] == 0 ? first : second;
      points[n] = by[n].curve().witness()[0][n];
      int member = by[n].by()[0][n];
      if (member >= 0) {
        fell[member]++;
      }
      boolean own = points[n] == null || clean.predicted(0, n) != labels[n];
      place[n] = own ? -1 : moved.size();
      moved.addAll(own ? List.of() : List.of(points[n]));
    }
    Predictions there = moved.isEmpty() ? clean : Predictions.ofPoints(model, moved);
    Shown names = shown.orElseGet(() -> Shown.plain(labels, clean));
    List<AttackedSample> samples = new ArrayList<>();
    for (int n = 0; n < labels.length; n++) {
      boolean wrong = clean.predicted(0, n) != labels[n];
      Optional<Adversarial> found = Optional.empty();
      if (wrong || points[n] != null) {
        CurveResult own = by[n].curve();
        int member = by[n].by()[0][n];
        Predictions fooled = place[n] < 0 ? clean : there;
        int at = place[n] < 0 ? n : place[n];
        boolean none = wrong || member < 0;
        int start = own.start()[0][n];
        Optional<Member> from = none ? Optional.empty() : Optional.of(plan.members().get(member));
        found =
            Optional.of(
                new Adversarial(
                    names.fooled(fooled.predicted(0, at)),
                    fooled.margin(0, at, labels[n]),
                    none ? 0 : own.distance()[0][n],
                    from.map(Member::name),
                    none ? OptionalInt.empty() : OptionalInt.of(start),
                    none || !from.get().attack().loss().targeted()
                        ? OptionalInt.empty()
                        : OptionalInt.of(from.get().attack().target(start)),
                    none ? 0 : own.iterations()[0][n],
                    own.undefined()[0][n],
                    fooled.logits(0, at)));
      }
      samples.add(
          new AttackedSample(
              names.index()[n], names.label()[n], names.clean()[n], clean.logits(0, n), found));
    }
    Kind kind = first.curve().kind().get(0).weaker(second.curve().kind().get(0));
    if (kind == Kind.BOUND
        && network.kindOfSides() == Kind.CERTIFIED
        && samples.stream()
            .flatMap(s -> s.adversarial().stream())
            .noneMatch(Adversarial::undefined)) {
      warnings.add(TOO_DEEP);
    }
    return new AttackReport(
        request,
        Sha256.of(request.model()),
        UserData.sha256(request.data()),
        request.surrogate().map(Sha256::of),
        device.info().kind() + ", " + device.info().name(),
        kind,
        dtype,
        IntStream.range(0, fell.length)
            .mapToObj(i -> part(plan.members().get(i), fell[i]))
            .toList(),
        List.copyOf(warnings),
        signs(plan, by),
        ledger(first, second),
        examples(samples, points, names::fooled),
        samples);
  }

  /** Returns, of each attack, which samples fell to it; empty if not every attack saw them all. */
  private List<boolean[]> ledger(AttackSuite.Result first, AttackSuite.Result second) {
    List<boolean[]> fell = new ArrayList<>();
    for (int i = 0; i < first.alone().size(); i++) {
      int[] a = first.alone().get(i)[0];
      int[] b = second.alone().get(i)[0];
      boolean[] row = new boolean[labels.length];
      for (int n = 0; n < row.length; n++) {
        row[n] = a[n] == 0 || b[n] == 0;
      }
      fell.add(row);
    }
    return fell;
  }

  /** Looks for signs of masking on the first samples, with the first attack of the plan. */
  private Optional<MaskingSigns> signs(AttackSuite plan, AttackSuite.Result[] by) {
    boolean other = climbed != model || request.settings().attack().equals(UniversalAttack.NAME);
    boolean scaled = request.threat().scale().isPresent();
    if (!request.signs() || other || scaled || shown.isPresent()) {
      return Optional.empty();
    }
    int some = Math.min(labels.length, Math.max(FEWEST, Math.min(MOST, labels.length / 10)));
    CurveAttack attack = first(plan);
    CurveAttack twice = first(plan(request.settings().longer(), attack.dtype())).withRestarts(1);
    boolean[][] survives = new boolean[1][some];
    for (int n = 0; n < some; n++) {
      survives[0][n] = by[n].curve().survived()[0][n] > 0;
    }
    int width = Math.toIntExact(network.input().size());
    HostTensor points = HostTensor.zeros(new TensorType(x.dtype(), x.shape().with(0, some)));
    x.copy(0, some * width, points, 0);
    return Optional.of(
        MaskingSigns.of(
                model,
                attack,
                Optional.of(twice).filter(t -> t.attack().steps() > attack.attack().steps()),
                List.of(TrialKey.of(request.settings().seed(), "masking")),
                points,
                HostTensor.of(Shape.of(some), Arrays.copyOf(labels, some)),
                survives)
            .get(0));
  }

  private static AttackPart part(Member m, int fooled) {
    CurveAttack a = m.attack();
    return new AttackPart(
        m.name(),
        a.loss(),
        a.targets(),
        a.rule(),
        a.attack().steps(),
        a.attack().stepShare(),
        a.restarts(),
        fooled);
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

  /** Writes the adversarial points. */
  private Optional<Examples> examples(
      List<AttackedSample> samples, double[][] points, IntUnaryOperator named) {
    List<SavedPoints.Row> rows = new ArrayList<>();
    for (int n = 0; n < points.length; n++) {
      if (points[n] != null) {
        AttackedSample s = samples.get(n);
        String by = s.adversarial().flatMap(Adversarial::attack).orElse("none");
        rows.add(new SavedPoints.Row(n, labels[n], s.index(), s.label(), points[n], by));
      }
    }
    Map<String, HostTensor> more = new LinkedHashMap<>();
    delta.ifPresent(d -> more.put("delta", HostTensor.of(network.input(), d)));
    return new SavedPoints(model, x, request.threat().norm(), rows, named)
        .write(request.keep(), more);
  }

  private double[] margins(Predictions clean) {
    double[] all = new double[labels.length];
    for (int n = 0; n < all.length; n++) {
      all[n] = -clean.margin(0, n, labels[n]);
    }
    return all;
  }

  static String word(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
