// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.util.List;
import java.util.Locale;
import org.rigor.run.analysis.Analyses.DistanceReport;
import org.rigor.run.analysis.Analyses.DistantSample;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/** The text output of {@code distance}. */
public final class DistanceText {
  static final List<Double> QUANTILES = List.of(0.05, 0.25, 0.5, 0.75, 0.95);

  private DistanceText() {}

  /** Returns what {@code distance} prints. */
  public static String of(DistanceReport r) {
    StringBuilder out = new StringBuilder();
    out.append(
        "%d samples, %s on %s, %s%n"
            .formatted(
                r.samples().size(),
                r.part().name(),
                AnalysisText.loss(r.part()),
                Names.kebab(r.request().threat().norm().name())));
    out.append(
        "%s, seed %d, %s%n"
            .formatted(AnalysisText.starts(r.part()), r.request().settings().seed(), r.dtype()));
    out.append(
        AnalysisText.share(
            "clean accuracy", AnalysisJson.share(r.samples(), s -> s.distance() > 0)));
    out.append(
        AnalysisText.share("never fooled", AnalysisJson.share(r.samples(), s -> !s.isFooled())));
    out.append("%-18s %8s%n".formatted("median distance", shown(quantile(r, 0.5))));
    for (double q : QUANTILES) {
      if (q != 0.5) {
        out.append(
            "%-18s %8s%n"
                .formatted(Numbers.show(100 * q) + " % are within", shown(quantile(r, q))));
      }
    }
    double gap =
        r.samples().stream()
            .filter(s -> s.isFooled() && s.distance() > 0)
            .mapToDouble(s -> s.resolution() / s.distance())
            .max()
            .orElse(0);
    r.warnings().forEach(w -> out.append("warning: ").append(w).append('\n'));
    out.append(AnalysisText.points(r.request().keep(), r.examples(), "misclassified points"));
    out.append(
        String.format(
            Locale.ROOT,
            "each distance is that of a misclassified point, an upper side; the %s within %.2g of"
                + " it%n",
            r.radii() > 1 ? "attack failed" : "ray to it was followed to",
            gap));
    return out.toString();
  }

  private static String shown(double distance) {
    return Double.isInfinite(distance) ? "none" : String.format(Locale.ROOT, "%.4g", distance);
  }

  /**
   * Returns the least distance within which a share of the samples lies; infinite if no distance is
   * that large.
   */
  static double quantile(DistanceReport r, double share) {
    double[] all = r.samples().stream().mapToDouble(DistantSample::distance).sorted().toArray();
    return all[Math.max(0, (int) Math.ceil(share * all.length) - 1)];
  }
}
