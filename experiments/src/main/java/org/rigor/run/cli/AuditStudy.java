// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.rigor.data.Box;
import org.rigor.run.report.AuditPage;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.yaml.Numbers;

/**
 * The study that an audit is: networks from files, their data, and a list of measurements. It can
 * be edited and run as any other.
 *
 * @param models one ONNX file, two that are compared, or a folder of files of one architecture
 * @param output name of the output that ranks classes, in each; empty for the first
 * @param image height, width and channels of samples that are stored in a row; may be empty
 * @param norm {@code linf} or {@code l2}
 * @param radii ascending, without 0
 * @param box of the inputs
 * @param samples the first ones that the slow measurements take; 0 means all
 * @param budget of the search on one ball, in rows times steps of ascent
 * @param wished error of the answers that confidence lets through
 * @param layers number of hidden layers that are named one by one
 */
record AuditStudy(
    List<Path> models,
    Optional<String> output,
    Path data,
    List<Integer> image,
    String norm,
    List<Double> radii,
    Box box,
    int samples,
    long budget,
    double wished,
    int layers) {
  /** The measurement without which there is no audit. */
  static final String VERDICTS = "verify-curve";

  /** The measurement that names layers. */
  static final String LAYERS = "relu-sparsity";

  private static final String SELECTIVE = "selective-risk";
  private static final String CORRUPTIONS = "corruption-curve";

  /** Severity of the corruptions among which confidence is tried. */
  private static final int SEVERITY = 3;

  /** Most samples on which signs of masked gradients are looked for. */
  private static final int MASKED = 100;

  /** Radii for inputs in [0, 1]. */
  static final List<Double> RADII =
      List.of(1 / 255.0, 2 / 255.0, 4 / 255.0, 8 / 255.0, 16 / 255.0, 0.1, 0.2, 0.3);

  /** Returns the measurements by name, each as a line of the study. */
  Map<String, String> measurements() {
    String own = "norm: " + norm;
    String all = numbers(radii);
    String some = "samples: " + samples;
    Map<String, String> out = new LinkedHashMap<>();
    out.put(
        VERDICTS,
        "%s, epsilons: [0, %s], attack: apgd, loss: targeted-dlr, steps: 100, restarts: 1, budget: %d, %s"
            .formatted(own, all, budget, some));
    out.put(
        "masking",
        "%s, epsilon: %s, attack: apgd, loss: targeted-dlr, steps: 100, restarts: 1, samples: %d"
            .formatted(
                own, Numbers.brief(middle()), samples == 0 ? MASKED : Math.min(MASKED, samples)));
    out.put("attack-distance", own + ", " + some);
    out.put("random-noise", "%s, radii: [%s], %s".formatted(own, all, some));
    out.put(CORRUPTIONS, some);
    out.put(
        "calibration",
        "%s, attack: apgd, attacks: [%s], %s".formatted(own, Numbers.brief(middle()), some));
    out.put(
        SELECTIVE,
        "wished: %s, %s, epsilon: %s, attack: apgd, %s"
            .formatted(Numbers.show(wished), own, Numbers.brief(middle()), some));
    out.put("unexpected-inputs", some);
    out.put("lipschitz", "norm: l2, " + some);
    out.put(LAYERS, "%s, layers: %d".formatted(some, layers));
    return out;
  }

  /** Returns this study with another number of layers that are named. */
  AuditStudy withLayers(int named) {
    return new AuditStudy(
        models, output, data, image, norm, radii, box, samples, budget, wished, named);
  }

  /** Returns the radius of attacks on confidence, and at which signs of masking are looked for. */
  private double middle() {
    return radii.get((radii.size() - 1) / 2);
  }

  /** Returns how many networks each path has. */
  private int seeds() {
    return Files.isDirectory(models.get(0)) ? Fleet.files(models.get(0)).size() : 1;
  }

  /** Returns the name of the run folder. */
  String name() {
    return "audit-" + models.stream().map(OwnStudy::stem).collect(Collectors.joining("-vs-"));
  }

  /**
   * Returns the text of the study with some of the measurements.
   *
   * @param kept names of measurements
   */
  String text(List<String> kept) {
    Map<String, String> all = measurements();
    if (kept.contains(CORRUPTIONS)) {
      all.merge(SELECTIVE, ", severity: " + SEVERITY, String::concat);
    }
    List<String> lines = new ArrayList<>();
    lines.add("# Made by ./rigor audit; edit it and run it as any study.");
    lines.add("name: " + name());
    lines.add(
        "title: "
            + OwnStudy.quoted(
                "Audit of "
                    + models.stream()
                        .map(m -> m.getFileName().toString())
                        .collect(Collectors.joining(" and "))));
    lines.add("question: What is left of the network's accuracy in the worst case?");
    lines.add("data: " + OwnStudy.data(data, image, box));
    lines.add("model: " + OwnStudy.files(models.get(0), output));
    lines.add("measurements:");
    kept.forEach(m -> lines.add("  - {type: %s, %s}".formatted(m, all.get(m))));
    lines.add(
        "sweep: {seeds: %d, grid: {model.path: [%s]}}"
            .formatted(
                seeds(), models.stream().map(OwnStudy::path).collect(Collectors.joining(", "))));
    lines.add("figures:");
    lines.add("  - bracket");
    if (kept.contains("random-noise")) {
      lines.add(
          family(
              AuditPage.AVERAGE,
              "epsilon (%s), in units of the input".formatted(norm),
              "noise-accuracy, attacked-accuracy, certified-accuracy",
              ""));
    }
    if (kept.contains(CORRUPTIONS)) {
      lines.add(family(AuditPage.CORRUPTIONS, "severity", "corrupted-accuracy", ""));
    }
    if (kept.contains("calibration")) {
      lines.add(
          family(
              AuditPage.RELIABILITY,
              "confidence",
              "reliability/clean, reliability/attack-" + Numbers.brief(middle()),
              ", diagonal: true"));
    }
    if (kept.contains(SELECTIVE)) {
      List<String> risks = new ArrayList<>(List.of("selective-risk/clean"));
      if (kept.contains(CORRUPTIONS)) {
        risks.add("selective-risk/corrupted");
      }
      for (CalibrationSpecs.Goal goal : CalibrationSpecs.Goal.values()) {
        risks.add("selective-risk/" + goal.label());
      }
      lines.add(family(AuditPage.RISK, "share of samples answered", String.join(", ", risks), ""));
    }
    if (kept.contains(CORRUPTIONS)) {
      lines.add("  - first-to-fall");
    }
    return String.join("\n", lines) + "\n";
  }

  private static String family(String title, String x, String metrics, String more) {
    return "  - {type: family, title: %s, x: %s, metrics: [%s]%s}"
        .formatted(title, OwnStudy.quoted(x), metrics, more);
  }

  private static String numbers(List<Double> values) {
    return values.stream().map(Numbers::brief).collect(Collectors.joining(", "));
  }
}
