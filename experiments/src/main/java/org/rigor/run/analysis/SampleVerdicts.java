// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import org.rigor.io.Sha256;
import org.rigor.run.analysis.Analyses.DecidedSample;
import org.rigor.run.analysis.Analyses.SamplesRequest;
import org.rigor.verify.Verdict;
import org.rigor.verify.Verdict.Answer;

/**
 * Verdicts on the balls around samples, as text and JSON.
 *
 * @param samples decided so far, by index
 * @param all number of samples asked about
 */
public record SampleVerdicts(SamplesRequest request, List<DecidedSample> samples, int all) {
  private static final String LINE = "%-8s  %6s  %5s  %10s  %7s  %s%n";

  /** Samples up to which each has a line. */
  private static final int LINES = 100;

  /** Returns the table of samples, if they are not too many, and the counts. */
  public String text(Effort effort) {
    StringBuilder out = new StringBuilder();
    if (samples.size() <= LINES) {
      out.append(LINE.formatted("verdict", "sample", "label", "bound", "cells", "by"));
      for (DecidedSample s : samples) {
        String bound =
            s.verdict().answer() == Answer.VIOLATED
                ? "-"
                : String.format(Locale.ROOT, "%.4g", s.verdict().bound());
        out.append(
            LINE.formatted(
                word(s), s.index(), s.label(), bound, s.verdict().nodes(), s.verdict().by()));
      }
    }
    return out.append(
            "%d verified, %d violated, %d unknown of %d samples in linf balls of %s%n"
                .formatted(
                    count(Answer.VERIFIED),
                    count(Answer.VIOLATED),
                    unknown(),
                    all,
                    request.epsilon().toPlainString()))
        .append(effort.text(verdicts()))
        .toString();
  }

  private List<Verdict> verdicts() {
    return samples.stream().map(DecidedSample::verdict).toList();
  }

  /** Returns the number of samples that are neither verified nor violated. */
  public int unknown() {
    return all - count(Answer.VERIFIED) - count(Answer.VIOLATED);
  }

  /** Returns the number of samples with an answer. */
  public int count(Answer answer) {
    return (int) samples.stream().filter(s -> s.verdict().answer() == answer).count();
  }

  private static String word(DecidedSample s) {
    return s.verdict().answer().name().toLowerCase(Locale.ROOT);
  }

  /** Returns the file. */
  public String json(String device, Effort effort, Made made) {
    JsonObject o = made.head(device);
    o.addProperty("model_sha256", Sha256.of(request.model()));
    o.addProperty("data_sha256", Sha256.of(request.data()));
    o.addProperty("norm", "linf");
    o.addProperty("epsilon", request.epsilon());
    for (Answer a : Answer.values()) {
      o.addProperty(a.name().toLowerCase(Locale.ROOT), count(a));
    }
    o.add("effort", effort.json(verdicts()));
    JsonArray each = new JsonArray();
    for (DecidedSample s : samples) {
      JsonObject one = new JsonObject();
      one.addProperty("index", s.index());
      one.addProperty("label", s.label());
      one.addProperty("verdict", word(s));
      one.addProperty("by", s.verdict().by());
      one.add("bound", AnalysisJson.number(s.verdict().bound()));
      one.addProperty("cells", s.verdict().nodes());
      one.addProperty("row_iterations", s.verdict().iterations());
      each.add(one);
    }
    o.add("samples", each);
    return AnalysisJson.text(o);
  }
}
