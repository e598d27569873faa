// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.List;
import org.rigor.certify.Certificates;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.data.UserData;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.ir.MissingRuleException;
import org.rigor.run.analysis.Analyses.CertifiedSample;
import org.rigor.run.analysis.Analyses.CertifyReport;
import org.rigor.run.analysis.Analyses.CertifyRequest;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Certification of a user's own network at one radius: the margins of every sample, verified or
 * not.
 */
final class CertifyAnalysis {
  private CertifyAnalysis() {}

  static CertifyReport run(CertifyRequest r, Models model, HostTensor x, int[] labels) {
    Device device = model.device();
    CertifiedCurve curve;
    // A study needs only verdicts and begins with the cheapest, but here the printed margins must
    // be the named method's.
    try (Certifier certifier =
        new Certifier(model, Certificates.ownFirst(r.method()), r.box(), r.norm())) {
      requireRules(certifier, r, model);
      HostTensor y = HostTensor.of(Shape.of(labels.length), labels);
      curve = certifier.run(x, y, List.of(r.epsilon()));
    }
    Predictions clean = Predictions.of(model, x);
    List<CertifiedSample> samples = new ArrayList<>();
    for (int n = 0; n < labels.length; n++) {
      int predicted = clean.predicted(0, n);
      boolean verified = curve.survived()[0][n] > 0;
      String verdict = verified ? "verified" : predicted != labels[n] ? "violated" : "unknown";
      CertifiedCurve.Margins m = curve.margins()[0][n][0];
      samples.add(
          new CertifiedSample(
              n, labels[n], predicted, verdict, curve.kind(), m.method(), m.least(), m.classes()));
    }
    return new CertifyReport(
        r,
        Sha256.of(r.model()),
        UserData.sha256(r.data()),
        device.info().kind() + ", " + device.info().name(),
        curve.kind(),
        samples);
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
    try (Certifier c = new Certifier(model, Certificates.ownFirst(method), r.box(), r.norm())) {
      c.requireRules();
      return true;
    } catch (MissingRuleException e) {
      return false;
    }
  }
}
