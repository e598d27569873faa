// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.MaskingSigns.Sign;
import org.rigor.run.store.RunFacts;
import org.rigor.run.study.CalibrationSpecs.SelectiveRisk;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.study.RobustnessSpecs.Masking;
import org.rigor.run.study.Study;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/** {@code audit.html}: one page on what a network is worth, each figure with what it means. */
public final class AuditPage extends HtmlPage {
  /** Titles of figures in an audit's study. */
  public static final String AVERAGE = "Average and worst case";

  public static final String CORRUPTIONS = "Accuracy on corrupted samples";
  public static final String RELIABILITY = "Reliability";
  public static final String RISK = "Risk and coverage";

  private final AuditReport audit;
  private final List<ArmSummary> arms;

  private AuditPage(AuditReport audit, List<ArmSummary> arms) {
    this.audit = audit;
    this.arms = arms;
  }

  static String of(AuditReport audit, List<ArmSummary> arms, List<Figures.Figure> figures) {
    return new AuditPage(audit, arms).write(figures);
  }

  private String write(List<Figures.Figure> figures) {
    Study study = audit.run().study().study();
    begin(study.title(), study.question());
    made();
    requirements();
    heading("The worst case");
    arms.forEach(this::worst);
    figure(
        figures,
        "bracket",
        "Solid: proved, at its radius and at each smaller one. Dashed: not broken, at its radius"
            + " and at each larger one. Shaded: unknown. Bars: 95 % over samples (Wilson).");
    table(AuditNumbers.table(arms), -1);
    table(AuditNumbers.together(arms), -1);
    paragraph(
        "In percent of the samples. Proved: no point of the ball changes the class, all rounding"
            + " enclosed. Not broken: neither attack nor search found a point that does; a better"
            + " attack may. Unknown: neither. Intervals are Wilson's at 95 % over samples.");
    nearest();
    masking();
    pairs();
    if (has("noise-accuracy")) {
      heading("The average beside the worst case");
      arms.forEach(this::average);
      figure(figures, AVERAGE, "Means over the samples.");
    }
    corruptions(figures);
    confidence(figures);
    selective(figures);
    unexpected();
    lipschitz();
    units();
    if (figures.stream().anyMatch(f -> f.name().endsWith("first-to-fall"))) {
      heading("The samples that fail first");
      paragraph(
          "Each pair is a sample and the nearest point that the attack found to change its class."
              + " If you see no difference, neither would a user.");
      figure(
          figures,
          "first-to-fall",
          "Epsilon: the smallest radius measured at which the sample is broken.");
    }
    omitted();
    heading("How to read this");
    out.append("<ul>\n");
    item(
        "Every statement is about these samples; intervals say what it tells of others like them.");
    item("Distances are in units of the input as the network takes it.");
    item("A sample that is misclassified without an attack counts as broken at radius 0.");
    item("What is broken at a radius is broken at each larger one, so no curve rises.");
    out.append("</ul>\n");
    provenance(audit.run().folder(), audit.run().provenance(), audit.run().study().text());
    return end();
  }

  private void made() {
    RunFacts facts = audit.run().provenance().head();
    DataIdentity data = audit.run().data().get(0);
    paragraph(
        "%d samples of %s. %s, Rigor %s. Written %s."
            .formatted(
                data.testSamples(),
                data.name(),
                facts.device(),
                facts.rigor(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    if (facts.deviceKind().equals("emulated")) {
      paragraph("Emulated: a CPU stood in for the CUDA device. Times mean nothing.");
    }
    out.append("<ul>\n");
    for (List<NetworkIdentity> files : facts.networks().values()) {
      for (NetworkIdentity f : files) {
        item("%s, SHA-256 %s".formatted(f.name(), f.sha256()));
        f.notes().forEach(n -> item("%s: %s".formatted(f.name(), n)));
      }
    }
    out.append("</ul>\n");
  }

  private void requirements() {
    if (audit.requirements().isEmpty()) {
      return;
    }
    heading("Requirements");
    out.append("<ul>\n");
    for (ArmSummary arm : arms) {
      for (Requirement r : audit.requirements()) {
        String standing = Names.kebab(r.of(arm).name());
        out.append("<li>").append(escape(arm.arm().label())).append(": ");
        out.append(escape(r.text())).append(" <span class=\"");
        out.append(standing.equals("missed") ? "violated" : standing).append("\">");
        out.append(standing).append("</span></li>\n");
      }
    }
    out.append("</ul>\n");
  }

  /** Says how far the network's accuracy falls, and where the median distance lies. */
  private void worst(ArmSummary arm) {
    List<AuditNumbers.Radius> radii = AuditNumbers.radii(arm);
    double[] median = AuditNumbers.median(radii);
    AuditNumbers.Radius at = radii.get(radii.size() / 2);
    paragraph(
        ("%s: %s %% of the samples are classified correctly as they are. At radius %s between %s"
                + " and %s %% are so wherever in the ball they lie. Half of the samples have their"
                + " nearest wrong answer %s.")
            .formatted(
                arm.arm().label(),
                Format.percent(radii.get(0).attacked().value()),
                Numbers.brief(at.epsilon()),
                Format.percent(at.certified().value()),
                Format.percent(at.attacked().value()),
                Double.isInfinite(median[1])
                    ? "beyond " + Numbers.brief(median[0])
                    : "between %s and %s"
                        .formatted(Numbers.brief(median[0]), Numbers.brief(median[1]))));
  }

  private void average(ArmSummary arm) {
    List<AuditNumbers.Radius> radii = AuditNumbers.radii(arm);
    AuditNumbers.Radius at = radii.get(radii.size() / 2);
    at.noise()
        .ifPresent(
            noise ->
                paragraph(
                    ("%s: random noise of size %s leaves %s %% right, the worst perturbation of"
                            + " that size at most %s %%. A test with noise sees the first number"
                            + " alone.")
                        .formatted(
                            arm.arm().label(),
                            Numbers.brief(at.epsilon()),
                            Format.percent(noise),
                            Format.percent(at.attacked().value()))));
  }

  private void nearest() {
    Optional<Table> rows = AuditTables.nearest(arms);
    if (rows.isEmpty()) {
      return;
    }
    heading("The smallest distances to a wrong answer");
    table(rows, -1);
    paragraph(
        "Of the samples that are right, the share named lies within that distance of a point of"
            + " another class, in units of the input. An attack found these points; there may be"
            + " nearer ones, beyond the radius at which a sample is proved.");
  }

  private void masking() {
    if (!has(Masking.SIGNS)) {
      return;
    }
    heading("Whether the attack can be trusted");
    for (ArmSummary arm : arms) {
      List<String> shown = new ArrayList<>();
      for (Sign sign : Sign.values()) {
        int samples = (int) value(arm, Masking.SAMPLES);
        double share = value(arm, Masking.share(sign));
        int count = (int) Math.round(share * samples);
        if (sign.shows(count, samples)) {
          shown.add(sign.of(count, samples));
        }
      }
      if (shown.isEmpty()) {
        paragraph(
            "%s: no sign that gradients mislead the attack, on the first %s samples that are right."
                .formatted(arm.arm().label(), Format.number(value(arm, Masking.SAMPLES))));
      } else {
        paragraph(
            "%s: gradients mislead the attack. What is not broken above may well be; only what is"
                    .formatted(arm.arm().label())
                + " proved counts.");
        out.append("<ul>\n");
        shown.forEach(this::item);
        out.append("</ul>\n");
      }
    }
  }

  private void pairs() {
    Optional<Table> pairs = AuditReport.paired(arms);
    if (pairs.isPresent()) {
      heading("The two networks, sample by sample");
      paragraph(
          "Samples that one network keeps and the other does not. A small p says that the two"
              + " differ on samples like these; no p is corrected for the number of rows.");
      table(pairs, -1);
    }
  }

  private void corruptions(List<Figures.Figure> figures) {
    if (!has("corrupted-accuracy")) {
      return;
    }
    heading("Common corruptions");
    for (ArmSummary arm : arms) {
      String worst = "";
      double least = Double.POSITIVE_INFINITY;
      for (Map.Entry<String, Scalar> e : arm.results().get(0).scalars().entrySet()) {
        if (e.getKey().startsWith("corrupted-accuracy/") && e.getValue().value() < least) {
          least = e.getValue().value();
          worst = e.getKey().substring("corrupted-accuracy/".length());
        }
      }
      paragraph(
          "%s: %s %% right on the mean over corruptions and severities; the hardest is %s with %s %%."
              .formatted(
                  arm.arm().label(),
                  Format.percent(value(arm, "corrupted-accuracy")),
                  worst.replace("@", " of severity "),
                  Format.percent(least)));
    }
    figure(figures, CORRUPTIONS, "Mean over corruptions, by severity.");
    table(AuditTables.corruptions(arms), -1);
    paragraph("Percent right, by corruption and severity: 1 is hardly seen, 5 cannot be missed.");
  }

  /** Tells what confidence is worth to who hands unsure samples over. */
  private void selective(List<Figures.Figure> figures) {
    Optional<Table> rows = AuditTables.selective(arms);
    if (rows.isEmpty()) {
      return;
    }
    heading("What confidence is worth to who asks for help");
    double wished =
        audit.run().study().study().measurements().stream()
            .filter(SelectiveRisk.class::isInstance)
            .mapToDouble(s -> ((SelectiveRisk) s).wished())
            .findFirst()
            .orElse(Double.NaN);
    for (ArmSummary arm : arms) {
      double threshold = value(arm, SelectiveRisk.THRESHOLD);
      String begin =
          "%s: for at most %s %% errors".formatted(arm.arm().label(), Format.percent(wished));
      paragraph(
          Double.isFinite(threshold)
              ? ("%s, hand over each sample of which it is less than %s sure: that is %s %% of the"
                      + " clean ones, and %s %% of its answers to the others are wrong.")
                  .formatted(
                      begin,
                      AuditTables.confidence(threshold),
                      Format.percent(value(arm, "handed-over/clean")),
                      Format.percent(value(arm, "answered-error/clean")))
              : begin + " no threshold suffices: even its surest answers are wrong more often.");
    }
    table(rows, -1);
    paragraph(
        "The threshold is fitted on every second clean sample and tried on the others. Attacks aim"
            + " at a wrong class (misclassify), at a wrong class held with confidence (wrong and"
            + " accepted), at doubt about a right one (score destroyed), and at confidence in what"
            + " is wrong anyway (error made confident). Where far more answers are wrong than"
            + " wished, confidence protects nobody.");
    figure(figures, RISK, "Error of the surest share of the samples: lower is better.");
  }

  private void units() {
    Optional<Table> rows = AuditTables.units(arms);
    if (rows.isPresent()) {
      heading("How much of it is active");
      table(rows, -1);
      paragraph(
          "Units of each layer that a sample turns on, mean over samples, and units that none turns"
              + " on. What is off has no part in an answer; what is never on could be left out, as"
              + " far as these samples tell.");
    }
  }

  private void confidence(List<Figures.Figure> figures) {
    if (!has("ece")) {
      return;
    }
    heading("Whether confidence means what it says");
    table(AuditTables.calibration(arms), -1);
    paragraph(
        "The expected calibration error is the mean gap between confidence and accuracy: 0 is"
            + " perfect. Under attack a network that is sure and wrong misleads whoever trusts its"
            + " confidence.");
    figure(
        figures,
        RELIABILITY,
        "Accuracy of samples of about that confidence; calibrated is the diagonal.");
  }

  private void unexpected() {
    Optional<Table> rows = AuditTables.unexpected(arms);
    if (rows.isEmpty()) {
      return;
    }
    heading("Inputs it was not made for");
    table(rows, -1);
    paragraph(
        "How well confidence tells such inputs from samples: 1 always, 0.5 is chance, below that"
            + " the network is surer of nonsense than of samples.");
  }

  private void lipschitz() {
    Optional<Table> rows = AuditTables.lipschitz(arms);
    if (rows.isEmpty()) {
      return;
    }
    heading("How fast its outputs can change");
    table(rows, -1);
    paragraph(
        "The Lipschitz constant of the logits in l2: at least the largest Jacobian norm over the"
            + " samples, at most the product of the layers' norms. No perturbation shorter than a"
            + " sample's margin over 1.415 times the upper value can change its class.");
  }

  private void omitted() {
    if (!audit.omitted().isEmpty()) {
      heading("Not measured");
      out.append("<ul>\n");
      audit.omitted().forEach((what, why) -> item(what + ": " + why));
      out.append("</ul>\n");
    }
  }

  private boolean has(String scalar) {
    return arms.stream()
        .anyMatch(
            a ->
                a.results().get(0).scalars().keySet().stream()
                    .anyMatch(n -> n.equals(scalar) || n.startsWith(scalar + "@")));
  }

  private static double value(ArmSummary arm, String scalar) {
    return AuditTables.value(arm, scalar);
  }

  /** Adds the figure of a type, or the family of a title. */
  private void figure(List<Figures.Figure> figures, String name, String caption) {
    List<FigureSpec> specs = audit.run().study().study().figures();
    for (int i = 0; i < specs.size(); i++) {
      String type = KeySpec.typeOf(specs.get(i));
      boolean titled = specs.get(i) instanceof FigureSpec.Family f && f.title().equals(name);
      if (titled || type.equals(name)) {
        String own = (i + 1) + "-" + type;
        figures.stream().filter(f -> f.name().equals(own)).forEach(f -> figure(f, caption));
      }
    }
  }
}
