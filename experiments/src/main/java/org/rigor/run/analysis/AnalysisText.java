// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.rigor.attack.MaskingSigns;
import org.rigor.diff.Kind;
import org.rigor.run.analysis.Analyses.AttackPart;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackedSample;
import org.rigor.run.analysis.Analyses.CertifyReport;
import org.rigor.run.analysis.Analyses.Examples;
import org.rigor.run.analysis.Analyses.Keep;
import org.rigor.run.analysis.Analyses.LipschitzReport;
import org.rigor.run.analysis.Analyses.LowerSide;
import org.rigor.run.analysis.Analyses.Share;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;
import org.rigor.threat.Threat;

/** The text output of the commands on a user's own network. */
public final class AnalysisText {
  private AnalysisText() {}

  /** Returns what {@code attack} prints. */
  public static String of(AttackReport r) {
    AttackSettings s = r.request().settings();
    String ball =
        "%s, epsilon %s".formatted(ball(r.request().threat()), Numbers.show(r.request().epsilon()));
    String end = "seed %d, %s".formatted(s.seed(), r.dtype());
    StringBuilder out = new StringBuilder("%d samples, ".formatted(r.samples().size()));
    if (r.parts().size() == 1 && r.ledger().isEmpty()) {
      AttackPart only = r.parts().get(0);
      out.append("%s on %s, %s%n".formatted(only.name(), loss(only), ball));
      out.append("%s, %s%n".formatted(starts(only), end));
    } else {
      out.append("%s, %s, %s%n".formatted(s.attack(), ball, end));
      Optional<Ledger> ledger = Ledger.of(r);
      for (int i = 0; i < r.parts().size(); i++) {
        AttackPart p = r.parts().get(i);
        out.append("  %-10s %s on %s: ".formatted(p.name(), starts(p), loss(p)));
        out.append("first to fool %d".formatted(p.fooled()));
        if (ledger.isPresent()) {
          out.append(
              ", fools %d, alone %d".formatted(ledger.get().fooled(i), ledger.get().unique(i)));
        }
        out.append('\n');
      }
    }
    r.request()
        .surrogate()
        .ifPresent(s2 -> out.append("points made on %s, judged on the network%n".formatted(s2)));
    out.append(
        share("clean accuracy", AnalysisJson.share(r.samples(), x -> x.predicted() == x.label())));
    out.append(
        share(
            kept(r.request().target()), AnalysisJson.share(r.samples(), AttackedSample::survives)));
    out.append(
        undefined(
            r.samples().stream()
                .filter(x -> x.adversarial().filter(Analyses.Adversarial::undefined).isPresent())
                .count()));
    r.warnings().forEach(w -> out.append("warning: ").append(w).append('\n'));
    r.masking().ifPresent(m -> out.append(masking(m)));
    out.append(points(r.request().keep(), r.examples(), "adversarial samples"));
    String bounds =
        r.request().target().isPresent()
            ? "samples that no point brings there are at most as many"
            : "robust accuracy is at most the attacked accuracy";
    return out.append(bounds).append("; intervals are 95 % over samples\n").toString();
  }

  /** Returns what samples that withstand an attack have kept. */
  private static String kept(OptionalInt target) {
    return target.isPresent() ? "kept from class " + target.getAsInt() : "attacked accuracy";
  }

  /** Returns where points were written that were asked for. */
  static String points(Keep asked, Optional<Examples> written, String what) {
    if (written.isEmpty()) {
      return asked.any().map(f -> "no %s: %s is not written%n".formatted(what, f)).orElse("");
    }
    StringBuilder out = new StringBuilder();
    Examples kept = written.get();
    kept.file().ifPresent(f -> out.append("%d %s in %s%n".formatted(kept.count(), what, f)));
    kept.pictures().ifPresent(f -> out.append("their pictures are in %s%n".formatted(f)));
    if (kept.near() > 0) {
      out.append(
          "%d of them are so near the boundary that float32 may name either class%n"
              .formatted(kept.near()));
    }
    if (kept.dtype().equals("f64")) {
      out.append("they are stored in double: float32 does not hold all of them\n");
    }
    return out.toString();
  }

  private static String masking(MaskingSigns m) {
    if (m.shown().isEmpty()) {
      return "no sign of masked gradients on the first samples, %d of them right%n"
          .formatted(m.samples());
    }
    StringBuilder out = new StringBuilder("signs of masked gradients, or of too weak an attack\n");
    m.shown().forEach(s -> out.append("  %s%n".formatted(s.of(m.counts().get(s), m.samples()))));
    return out.toString();
  }

  /** Returns what {@code certify} prints. */
  public static String of(CertifyReport r) {
    Analyses.CertifyRequest q = r.request();
    String side = r.kind() == Kind.CERTIFIED ? "certified" : "verified";
    return "%d samples, %s, %s, epsilon %s%n"
            .formatted(r.samples().size(), q.method(), ball(q.threat()), Numbers.show(q.epsilon()))
        + share(
            side + " accuracy",
            AnalysisJson.share(r.samples(), s -> s.verdict().equals("verified")))
        + (r.decides()
            ? share(
                    "violated",
                    AnalysisJson.share(r.samples(), s -> s.verdict().equals("violated")))
                + share(
                    "unknown", AnalysisJson.share(r.samples(), s -> s.verdict().equals("unknown")))
            : "")
        + "robust accuracy is at least the %s accuracy; intervals are 95 %% over samples%n"
            .formatted(side)
        + (r.kind() == Kind.CERTIFIED
            ? ""
            : "kind %s: the network has functions, such as tanh, whose rounding in double was"
                    .formatted(AnalysisJson.word(r.kind()))
                + " measured, not proved\n");
  }

  public static String of(LipschitzReport r) {
    StringBuilder out = new StringBuilder();
    out.append(
        "Lipschitz constant of the logits in %s on %s%n"
            .formatted(norm(r.norm().name()), r.domain()));
    out.append(
        r.lower()
            .map(AnalysisText::lower)
            .orElse("at least  -              give --data for a lower side\n"));
    out.append(
        r.upper()
            .map(u -> "at most   %-14s %s, %s%n".formatted(number(u.value()), u.kind(), u.method()))
            .orElse("at most   -              %s%n".formatted(r.noUpper().orElse("not measured"))));
    for (Analyses.Method m : r.methods()) {
      out.append(
          String.format(
              Locale.ROOT,
              "  %-28s %-6s %-14s %-10s %.2f s%n",
              m.name(),
              m.side(),
              number(m.value()),
              m.kind(),
              m.seconds()));
    }
    return out.toString();
  }

  private static String lower(LowerSide side) {
    String first =
        side.value()
            .map(v -> "at least  %-14s %s, %s%n".formatted(number(v.value()), v.kind(), v.method()))
            .orElse(
                "at least  undecided      all samples and the points near them are at kinks: give"
                    + " other data\n");
    return first
        + (side.moved() == 0
            ? ""
            : "%d of %d samples at a kink: the steepest of the points drawn near each counts%n"
                .formatted(side.moved(), side.samples()))
        + (side.leftOut() == 0
            ? ""
            : "%d of %d samples left out: they and the points near them are at kinks%n"
                .formatted(side.leftOut(), side.samples()));
  }

  private static String undefined(long samples) {
    return samples == 0
        ? ""
        : "%d samples fell to logits that are not numbers%n".formatted(samples);
  }

  static String loss(AttackPart p) {
    String goal = p.targets() == 1 ? "class" : "classes";
    return Names.kebab(p.loss().name())
        + (p.loss().targeted() ? " to %d %s".formatted(p.targets(), goal) : "");
  }

  static String starts(AttackPart p) {
    String length =
        p.relativeStep().isEmpty()
            ? ""
            : String.format(Locale.ROOT, " of %.3g epsilon", p.relativeStep().getAsDouble());
    return "%d %s%s, %d %s%s"
        .formatted(
            p.steps(),
            p.steps() == 1 ? "step" : "steps",
            length,
            p.restarts(),
            p.restarts() == 1 ? "start" : "starts",
            p.loss().targeted() ? " a class" : "");
  }

  static String share(String name, Share s) {
    return String.format(
        Locale.ROOT,
        "%-18s %5.1f %%  [%.1f, %.1f]%n",
        name,
        100 * s.value(),
        100 * s.low(),
        100 * s.high());
  }

  private static String ball(Threat threat) {
    return norm(threat.norm().name())
        + threat
            .scale()
            .map(
                s ->
                    ", factors of %d features, %d frozen"
                        .formatted(s.factors().shape().size(), s.frozen()))
            .orElse("");
  }

  private static String norm(String name) {
    return Names.kebab(name);
  }

  private static String number(double v) {
    return Double.isNaN(v) ? "undecided" : String.format(Locale.ROOT, "%.6g", v);
  }
}
