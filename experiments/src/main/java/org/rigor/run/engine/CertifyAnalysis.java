// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.rigor.certify.Certificates;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.certify.TooDearException;
import org.rigor.data.UserData;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.ir.MissingRuleException;
import org.rigor.run.analysis.Analyses.AttackRequest;
import org.rigor.run.analysis.Analyses.AttackedSample;
import org.rigor.run.analysis.Analyses.CertifiedSample;
import org.rigor.run.analysis.Analyses.CertifyReport;
import org.rigor.run.analysis.Analyses.CertifyRequest;
import org.rigor.run.analysis.Analyses.Keep;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/**
 * Certification of a user's own network at one radius: the margins of every sample, verified or
 * not.
 */
final class CertifyAnalysis {
  private CertifyAnalysis() {}

  static CertifyReport run(CertifyRequest r, Models model, HostTensor x, int[] labels) {
    Device device = model.device();
    Predictions clean = Predictions.of(model, x);
    CertifiedCurve curve;
    int[] open;
    // A study needs only verdicts and begins with the cheapest, but here the printed margins must
    // be the named method's.
    try (Certifier certifier =
        new Certifier(model, Certificates.ownFirst(r.method()), r.threat())) {
      requireRules(certifier, r, model);
      open = open(r, model, x, labels);
      curve = open.length == 0 ? null : certify(certifier, x, labels, open, r.epsilon());
    }
    List<CertifiedSample> samples = new ArrayList<>();
    Kind kind = curve == null ? model.network().kindOfSides() : curve.kind();
    for (int n = 0, at = 0; n < labels.length; n++) {
      int predicted = clean.predicted(0, n);
      boolean bounded = at < open.length && open[at] == n;
      boolean verified = bounded && curve.survived()[0][at] > 0;
      boolean violated = !bounded || predicted != labels[n];
      String verdict = verified ? "verified" : violated ? "violated" : "unknown";
      CertifiedCurve.Margins m = bounded ? curve.margins()[0][at++][0] : null;
      samples.add(
          m == null
              ? new CertifiedSample(
                  n, labels[n], predicted, verdict, kind, "none", Double.NaN, new double[0])
              : new CertifiedSample(
                  n, labels[n], predicted, verdict, kind, m.method(), m.least(), m.classes()));
    }
    return new CertifyReport(
        r,
        Sha256.of(r.model()),
        UserData.sha256(r.data()),
        device.info().kind() + ", " + device.info().name(),
        kind,
        samples);
  }

  /**
   * Returns the samples that are worth a proof: before a method that decides, an attack refutes.
   */
  private static int[] open(CertifyRequest r, Models model, HostTensor x, int[] labels) {
    IntStream all = IntStream.range(0, labels.length);
    if (!Certificates.decides(r.method())) {
      return all.toArray();
    }
    AttackRequest attack =
        new AttackRequest(
            r.model(),
            r.data(),
            r.threat(),
            r.epsilon(),
            AttackSettings.defaults(),
            OptionalInt.empty(),
            Optional.empty(),
            false,
            false,
            Keep.NOTHING);
    List<AttackedSample> attacked = AttackAnalysis.run(attack, model, x, labels).samples();
    return all.filter(n -> attacked.get(n).survives()).toArray();
  }

  private static CertifiedCurve certify(
      Certifier certifier, HostTensor x, int[] labels, int[] open, double epsilon) {
    HostTensor y =
        HostTensor.of(Shape.of(open.length), Arrays.stream(open).map(n -> labels[n]).toArray());
    int each = Math.toIntExact(x.shape().size() / labels.length);
    HostTensor some = HostTensor.zeros(new TensorType(x.dtype(), x.shape().with(0, open.length)));
    for (int i = 0; i < open.length; i++) {
      x.copy(open[i] * each, each, some, i * each);
    }
    return certifier.run(some, y, List.of(epsilon));
  }

  /**
   * Refuses a network with an operation that the method cannot bound, before anything is computed.
   *
   * @throws DataException naming the file, the node, its operation and the methods that can bound
   *     it
   */
  private static void requireRules(Certifier certifier, CertifyRequest r, Models model) {
    try {
      certifier.requireRules();
    } catch (TooDearException e) {
      throw new DataException(
          "%s: %s: --method crown-ibp bounds the logits alone backwards, --method ibp nothing"
              .formatted(r.model(), e.getMessage()),
          e);
    } catch (MissingRuleException e) {
      List<String> able =
          Certificates.names().stream()
              .filter(m -> bounds(m, r, model))
              .map(m -> "--method " + m)
              .toList();
      throw new DataException(
          "%s: %s: method %s has no bound of the operation %s; %s"
              .formatted(
                  r.model(),
                  e.value().origin(),
                  r.method(),
                  e.value().op(),
                  able.isEmpty()
                      ? "no other method has one: attack gives an upper side alone"
                      : String.join(" or ", able) + " has one"),
          e);
    }
  }

  private static boolean bounds(String method, CertifyRequest r, Models model) {
    try (Certifier c = new Certifier(model, Certificates.ownFirst(method), r.threat())) {
      c.requireRules();
      return true;
    } catch (MissingRuleException | TooDearException e) {
      return false;
    }
  }
}
