// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.rigor.data.Box;
import org.rigor.data.UserData;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.ir.MissingRuleException;
import org.rigor.lipschitz.JacobianAscent;
import org.rigor.lipschitz.JacobianMeter;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.lipschitz.ProductBound;
import org.rigor.lipschitz.SemidefiniteBound;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.run.analysis.Analyses.LipschitzReport;
import org.rigor.run.analysis.Analyses.LipschitzRequest;
import org.rigor.run.analysis.Analyses.LowerSide;
import org.rigor.run.analysis.Analyses.Method;
import org.rigor.run.analysis.Analyses.Value;
import org.rigor.run.analysis.Analyses.Witness;
import org.rigor.run.analysis.PartDone;
import org.rigor.run.measure.LipschitzBrackets;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * A Lipschitz bracket of a user's own network: the upper side first, then the lower one, part of
 * the samples by part.
 */
final class LipschitzAnalysis {
  /** Samples that climb, and random points that do. */
  private static final int STARTS = 100;

  private static final long SEED = 1;

  private final LipschitzRequest request;
  private final Device device;
  private final PartDone soFar;
  private final List<Method> methods = new ArrayList<>();
  private Optional<String> data = Optional.empty();
  private Optional<Value> upper = Optional.empty();
  private Optional<String> noUpper = Optional.empty();

  private LipschitzAnalysis(LipschitzRequest request, Device device, PartDone soFar) {
    this.request = request;
    this.device = device;
    this.soFar = soFar;
  }

  /**
   * Brackets a network; one without rules for an upper side needs data for a lower one.
   *
   * @param notes takes what is told about the data
   * @throws DataException naming the node and its operation, if neither side can be measured
   */
  static LipschitzReport run(
      LipschitzRequest r,
      Device device,
      Optional<String> output,
      List<String> notes,
      PartDone soFar) {
    OnnxNetwork network = Subject.network(r.model(), output, notes);
    return new LipschitzAnalysis(r, device, soFar).run(network, notes);
  }

  private LipschitzReport run(OnnxNetwork network, List<String> notes) {
    try {
      ProductBound.requireRules(network);
    } catch (MissingRuleException e) {
      String why =
          "none: %s: a Lipschitz bracket has no %s of the operation %s%s"
              .formatted(
                  e.value().origin(),
                  e.rule(),
                  e.value().op(),
                  e.why().isEmpty() ? "" : ", " + e.why());
      if (request.data().isEmpty()) {
        throw new DataException(
            "%s: %s; --data gives a lower side, and certify may bound it on a ball around each sample"
                .formatted(request.model(), why.replaceFirst("^none: ", "")),
            e);
      }
      noUpper = Optional.of(why + "; of attention there is none on all inputs");
    }
    try (Models model = Models.of(device, network, network.values())) {
      if (noUpper.isEmpty()) {
        long start = System.nanoTime();
        double found = ProductBound.of(model, request.norm())[0];
        String kind = word(ProductBound.KIND);
        methods.add(new Method("product", "upper", found, kind, since(start)));
        upper = Optional.of(new Value(found, kind, "product of layer norms"));
        if (request.semidefinite() && request.norm() == Norm.L2) {
          semidefinite(model);
        }
      }
      if (request.data().isEmpty()) {
        return report(Optional.empty());
      }
      Subject s =
          Subject.unlabelled(network, request.model(), request.data().get(), request.box(), notes);
      data = Optional.of(UserData.sha256(request.data().get()));
      return report(Optional.of(lower(model, s)));
    }
  }

  /** Takes what multipliers prove, if that is less; nothing where there is no chain of layers. */
  private void semidefinite(Models model) {
    long start = System.nanoTime();
    SemidefiniteBound.of(model)
        .ifPresent(
            bounds -> {
              double found = bounds.get(0).upper();
              String kind = word(SemidefiniteBound.KIND);
              methods.add(new Method("semidefinite", "upper", found, kind, since(start)));
              if (found < upper.orElseThrow().value()) {
                String how = "multipliers of units (LipSDP-Neuron)";
                upper = Optional.of(new Value(found, kind, how));
              }
            });
  }

  private LowerSide lower(Models model, Subject s) {
    int all = s.x().shape().dim(0);
    soFar.take(report(Optional.empty()), 0, all);
    long start = System.nanoTime();
    try (JacobianMeter meter =
        new JacobianMeter(model, s.x(), request.norm(), Nearby.in(request.box()))) {
      JacobianNorms j =
          meter.measure(
              s.x(),
              (found, measured) -> {
                upper.ifPresent(u -> LipschitzBrackets.require(found.certified(0), u.value()));
                soFar.take(report(Optional.of(side(found, measured))), measured, all);
              });
      LowerSide found = side(j, all);
      Optional<Value> value = found.value();
      methods.add(
          new Method(
              "jacobian",
              "lower",
              value.map(Value::value).orElse(Double.NaN),
              value.map(Value::kind).orElse(word(j.kind())),
              since(start)));
      return request.climb() == 0 || j.tooDeep() || upper.isEmpty()
          ? found
          : climbed(model, s, found);
    }
  }

  /** Returns the lower side at points that climb from samples and from random inputs, if larger. */
  private LowerSide climbed(Models model, Subject s, LowerSide found) {
    long start = System.nanoTime();
    HostTensor points =
        JacobianAscent.climb(model, starts(s.x().toDouble()), request.climb(), SEED);
    JacobianNorms j = JacobianNorms.measure(model, points, request.norm(), Nearby.in(Box.NONE));
    upper.ifPresent(u -> LipschitzBrackets.require(j.certified(0), u.value()));
    double most = j.certified(0).orElse(Double.NaN);
    methods.add(new Method("climb", "lower", most, word(j.kind()), since(start)));
    if (!(most > found.value().map(Value::value).orElse(0.0))) {
      return found;
    }
    Value value = new Value(most, word(j.kind()), "jacobian at a point that climbed there");
    Optional<Witness> witness =
        j.witness(0).map(p -> new Witness(-1, p.draw(), p.distance(), p.point()));
    return new LowerSide(
        Optional.of(value), witness, found.samples(), found.moved(), found.leftOut());
  }

  /** Returns the first samples, and as many random points, from near the origin to far outside. */
  private static HostTensor starts(HostTensor x) {
    int samples = Math.min(STARTS, x.shape().dim(0));
    int features = Math.toIntExact(x.shape().size() / x.shape().dim(0));
    double[] all = Arrays.copyOf(x.doubles(), (samples + STARTS) * features);
    Random random = new Random(SEED);
    for (int n = 0; n < STARTS; n++) {
      double scale = Math.pow(10, -1 + 2.0 * n / (STARTS - 1));
      for (int i = 0; i < features; i++) {
        all[(samples + n) * features + i] = scale * (2 * random.nextDouble() - 0.5);
      }
    }
    return HostTensor.of(x.shape().with(0, samples + STARTS), all);
  }

  private static LowerSide side(JacobianNorms j, int measured) {
    int left = (int) j.leftOut(0).stream().filter(n -> n < measured).count();
    if (j.tooDeep()) {
      Optional<JacobianNorms.Place> place = j.estimate(0);
      return new LowerSide(
          place.map(
              p ->
                  new Value(
                      j.norms()[0][p.sample()],
                      word(Kind.ESTIMATE),
                      "jacobian in double at sample "
                          + p.sample()
                          + ": the network is too deep to enclose its rounding")),
          place.map(LipschitzAnalysis::witness),
          measured,
          0,
          0);
    }
    Optional<JacobianNorms.Place> place = j.witness(0);
    String where = place.map(LipschitzAnalysis::where).orElse("");
    return new LowerSide(
        j.certified(0).stream().mapToObj(v -> new Value(v, word(j.kind()), where)).findFirst(),
        place.map(LipschitzAnalysis::witness),
        measured,
        j.moved(0).size(),
        left);
  }

  private static Witness witness(JacobianNorms.Place p) {
    return new Witness(p.sample(), p.draw(), p.distance(), p.point());
  }

  private static String where(JacobianNorms.Place p) {
    return p.draw() == 0
        ? "jacobian at sample " + p.sample()
        : String.format(
            Locale.ROOT,
            "jacobian at a point drawn %.3g from sample %d, which is at a kink",
            p.distance(),
            p.sample());
  }

  private LipschitzReport report(Optional<LowerSide> lower) {
    return new LipschitzReport(
        Sha256.of(request.model()),
        data,
        device.info().kind() + ", " + device.info().name(),
        request.box(),
        request.norm(),
        "all inputs",
        lower,
        upper,
        noUpper,
        List.copyOf(methods));
  }

  private static String word(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
