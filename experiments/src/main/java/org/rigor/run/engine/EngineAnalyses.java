// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.rigor.attack.Attack;
import org.rigor.attack.Attacks;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.certify.TooDearException;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.Spent;
import org.rigor.io.DataException;
import org.rigor.ir.MissingRuleException;
import org.rigor.nn.TrialKey;
import org.rigor.property.LabelProperty;
import org.rigor.property.Property;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.analysis.Decided;
import org.rigor.run.analysis.Instance;
import org.rigor.run.analysis.PartDone;
import org.rigor.run.analysis.Smoothed;
import org.rigor.run.provider.EngineProvider;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.CurveDecider;
import org.rigor.verify.Decider;
import org.rigor.verify.VerdictCurve;
import org.rigor.workspace.Models;

/** Analyses of a user's own network and data: one model, every sample measured. */
final class EngineAnalyses implements Analyses {
  private final Device device;
  private final Optional<String> output;
  private final List<String> notes = new ArrayList<>();

  EngineAnalyses(EngineProvider.Request request) {
    this.output = request.output();
    this.device = RigorEngine.open(request.device());
  }

  @Override
  public AttackReport attack(AttackRequest r) {
    device.prepare(r.settings().dtype().orElse(DType.F32));
    Subject s = Subject.classified(r.model(), output, r.data(), r.threat().box(), notes);
    s.require(r.settings().layout());
    s.require(r.threat());
    pictures(s, r.keep());
    Subject other =
        r.surrogate()
            .map(
                file ->
                    Subject.classified(file, Optional.empty(), r.data(), r.threat().box(), notes))
            .orElse(s);
    if (r.target().isPresent()) {
      return TargetedAnalysis.run(r, device, s, other, notes);
    }
    try (Models model = s.on(device)) {
      if (other == s) {
        return AttackAnalysis.run(r, model, s.x(), s.labels());
      }
      try (Models climbed = other.on(device)) {
        return AttackAnalysis.run(r, model, climbed, s.x(), s.labels(), Optional.empty());
      }
    }
  }

  @Override
  public DistanceReport distance(DistanceRequest r) {
    device.prepare(r.settings().dtype().orElse(DType.F32));
    Subject s = Subject.classified(r.model(), output, r.data(), r.threat().box(), notes);
    s.require(r.settings().layout());
    pictures(s, r.keep());
    try (Models model = s.on(device)) {
      return DistanceAnalysis.run(r, model, s.x(), s.labels());
    }
  }

  /** Requires samples to be images if pictures of them are wanted. */
  private static void pictures(Subject s, Keep keep) {
    s.require(keep.image());
    if (keep.pictures().isPresent()) {
      PointPictures.of(s.network().input(), keep.image());
    }
  }

  @Override
  public LipschitzReport lipschitz(LipschitzRequest r, PartDone soFar) {
    return LipschitzAnalysis.run(r, device, output, notes, soFar);
  }

  @Override
  public CertifyReport certify(CertifyRequest r) {
    device.prepare(DType.F64);
    Subject s = Subject.classified(r.model(), output, r.data(), r.threat().box(), notes);
    s.require(r.threat());
    try (Models model = s.on(device)) {
      return CertifyAnalysis.run(r, model, s.x(), s.labels());
    }
  }

  @Override
  public CurveReport certify(CurveRequest r) {
    device.prepare(DType.F64);
    Subject s = Subject.classified(r.model(), output, r.data(), r.threat().box(), notes);
    HostTensor y = HostTensor.of(Shape.of(s.labels().length), s.labels());
    AttackSettings usual = AttackSettings.defaults();
    Attack pgd =
        Attacks.of(usual.attack(), new Attacks.Settings(usual.steps(), usual.relativeStep()));
    CurveAttack attack =
        CurveAttack.of(pgd, r.threat(), r.epsilons())
            .withTargets(usual.targets())
            .withRestarts(usual.restarts());
    List<TrialKey> key = List.of(TrialKey.of(usual.seed(), "certify"));
    try (Models model = s.on(device);
        CurveDecider decider =
            new CurveDecider(
                model, r.method(), r.threat().box(), r.threat().requireNorm(), r.budget())) {
      decider.requireRules();
      CurveResult attacked =
          new CurveAttacker(device, s.network(), attack).run(model, key, s.x(), y);
      VerdictCurve found = decider.run(s.x(), y, r.epsilons(), attacked);
      Kind violated = found.violatedKind().get(0);
      return new CurveReport(
          r,
          device.info().kind() + ", " + device.info().name(),
          found.verified()[0],
          found.survived()[0],
          violated == Kind.CERTIFIED ? found.verifiedKind() : violated);
    } catch (TooDearException e) {
      throw new DataException(r.model() + ": " + e.getMessage(), e);
    } catch (MissingRuleException e) {
      throw new DataException(
          "%s: %s: method %s has no bound of the operation %s"
              .formatted(r.model(), e.value().origin(), r.method(), e.value().op()),
          e);
    }
  }

  @Override
  public Smoothed.Report certify(Smoothed.Request r) {
    device.prepare(DType.F32);
    Subject s = Subject.classified(r.model(), output, r.data(), r.box(), notes);
    try (Models model = s.on(device)) {
      return SmoothingAnalysis.run(r, model, s.x(), s.labels());
    }
  }

  @Override
  public void decide(
      List<Instance> instances,
      Decider.Options options,
      BooleanSupplier stops,
      Consumer<Decided> sink) {
    device.prepare(DType.F64);
    new VerdictAnalysis(device, options, stops, sink).run(instances);
  }

  @Override
  public String decide(SamplesRequest r, BooleanSupplier stops, Consumer<DecidedSample> sink) {
    device.prepare(DType.F64);
    Subject s = Subject.classified(r.model(), output, r.data(), r.box(), notes);
    int classes = s.network().outputs();
    int features = Math.toIntExact(s.network().input().size());
    List<Property> balls = new ArrayList<>();
    double[] x = new double[features];
    for (int n = 0; n < s.labels().length; n++) {
      s.x().copy(n * features, features, x, 0);
      balls.add(LabelProperty.linf(x, s.labels()[n], classes, r.epsilon(), r.ends()));
    }
    try (Models model = s.on(device);
        Decider decider = new Decider(model, true)) {
      double seconds = r.seconds() * balls.size();
      decider.decide(
          balls,
          seconds,
          stops,
          (n, v) -> {
            VerdictAnalysis.room(v).filter(note -> !notes.contains(note)).ifPresent(notes::add);
            sink.accept(new DecidedSample(n, s.labels()[n], v));
          });
    }
    return device.info().kind() + ", " + device.info().name();
  }

  @Override
  public Optional<Spent> spent() {
    return device.spent();
  }

  @Override
  public List<String> notes() {
    return List.copyOf(notes);
  }

  @Override
  public void close() {
    device.close();
  }
}
