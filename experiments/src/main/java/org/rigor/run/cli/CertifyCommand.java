// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.rigor.certify.Certificates;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.AnalysisText;
import org.rigor.run.provider.EngineProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command that certifies a user's own network. */
@Command(
    name = "certify",
    mixinStandardHelpOptions = true,
    description = "Certifies a network on data; robust accuracy from below.",
    footer = {
      "",
      "Example:  ./rigor certify --model m.onnx --data d.npz --norm linf --epsilon 0.05 --json"
          + " o.json"
    })
final class CertifyCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "NPZ with x [N, ...] and y [N]; CSV with a label column; image folder.")
  private Path data;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      defaultValue = "crown",
      completionCandidates = CertificateNames.class,
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private String method;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "linf or l2 (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--epsilon",
      required = true,
      paramLabel = "E",
      converter = NumberConverter.class,
      description = "Radius, in units of the input.")
  private double epsilon;

  /** Names of the certificates, for help and completion. */
  static final class CertificateNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Certificates.names().iterator();
    }
  }

  @Override
  public Integer call() {
    if (!Certificates.names().contains(method)) {
      throw new RunException(
          ExitCode.USAGE,
          "--method: expected one of %s, got '%s'"
              .formatted(String.join(", ", Certificates.names()), method));
    }
    var request =
        new Analyses.CertifyRequest(
            model.model(),
            ModelOptions.presentData(data),
            method,
            ModelOptions.norm(norm),
            ModelOptions.epsilon(epsilon),
            model.box());
    try (Analyses engine = EngineProvider.load().analyses(device.request())) {
      Analyses.CertifyReport report = engine.certify(request);
      model.report(AnalysisText.of(report), AnalysisJson.of(report, model.made()), engine.notes());
    }
    return 0;
  }
}
