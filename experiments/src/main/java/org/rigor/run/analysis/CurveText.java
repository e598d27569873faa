// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import org.rigor.io.Sha256;
import org.rigor.run.analysis.Analyses.CurveReport;
import org.rigor.run.analysis.Analyses.CurveRequest;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/** Verdicts over radii, as text and JSON. */
public record CurveText(CurveReport report) {
  private static final String LINE = "%10s  %8s  %8s  %8s%n";

  /** Returns the number of samples with each verdict at a radius: verified, violated, unknown. */
  private int[] counts(int radius) {
    int[] counts = new int[3];
    for (int n = 0; n < report.verified().length; n++) {
      boolean verified = radius < report.verified()[n];
      boolean violated = radius >= report.survived()[n];
      counts[verified ? 0 : violated ? 1 : 2]++;
    }
    return counts;
  }

  /** Returns a line a radius. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append(LINE.formatted("epsilon", "verified", "violated", "unknown"));
    CurveRequest q = report.request();
    for (int e = 0; e < q.epsilons().size(); e++) {
      int[] c = counts(e);
      out.append(LINE.formatted(Numbers.brief(q.epsilons().get(e)), c[0], c[1], c[2]));
    }
    return out.append(
            "of %d samples in %s balls; %s in real arithmetic%n"
                .formatted(
                    report.verified().length,
                    Names.kebab(q.threat().norm().name()),
                    AnalysisJson.word(report.kind())))
        .toString();
  }

  /** Returns the file. */
  public String json(Made made) {
    CurveRequest q = report.request();
    JsonObject o = made.head(report.device());
    o.addProperty("model_sha256", Sha256.of(q.model()));
    o.addProperty("method", q.method());
    o.addProperty("norm", Names.kebab(q.threat().norm().name()));
    o.addProperty("budget", q.budget());
    o.addProperty("kind", AnalysisJson.word(report.kind()));
    JsonArray radii = new JsonArray();
    for (int e = 0; e < q.epsilons().size(); e++) {
      int[] c = counts(e);
      JsonObject one = new JsonObject();
      one.addProperty("epsilon", q.epsilons().get(e));
      one.addProperty("verified", c[0]);
      one.addProperty("violated", c[1]);
      one.addProperty("unknown", c[2]);
      radii.add(one);
    }
    o.add("radii", radii);
    o.add("verified", array(report.verified()));
    o.add("not_violated", array(report.survived()));
    return AnalysisJson.text(o);
  }

  private static JsonArray array(int... values) {
    JsonArray all = new JsonArray();
    for (int v : values) {
      all.add(v);
    }
    return all;
  }
}
