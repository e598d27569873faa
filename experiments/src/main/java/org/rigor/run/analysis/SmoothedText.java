// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Predicate;
import org.rigor.diff.Kind;
import org.rigor.run.yaml.Numbers;
import org.rigor.smoothing.SmoothedSample;

/** Certified radii of smoothed classifiers, as text and JSON. */
public record SmoothedText(Smoothed.Report report) {
  private static final String LINE = "%10s  %9s  %7s  %4s%n";

  /**
   * Samples at a radius.
   *
   * @param certified right and certified
   * @param refuted not right, or with a radius that is smaller
   */
  private record Counts(long certified, long refuted, long open) {}

  private static long count(SmoothedSample[] all, Predicate<SmoothedSample> good) {
    return Arrays.stream(all).filter(good).count();
  }

  private static Counts counts(SmoothedSample[] all, int radius) {
    long certified = count(all, r -> r.certified() > radius);
    long open = count(all, r -> r.open() > radius) - certified;
    return new Counts(certified, all.length - certified - open, open);
  }

  private static long right(SmoothedSample... all) {
    return count(all, r -> r.predicts() && r.right());
  }

  private static long draws(SmoothedSample... all) {
    return Arrays.stream(all).mapToLong(SmoothedSample::draws).sum();
  }

  /** Returns a table a deviation. */
  public String text() {
    Smoothed.Request q = report.request();
    StringBuilder out = new StringBuilder();
    for (int s = 0; s < q.sigmas().size(); s++) {
      SmoothedSample[] all = report.samples()[s];
      long right = right(all);
      long wrong = count(all, SmoothedSample::wrong);
      out.append(
          "sigma %s: of %d samples the smoothed classifier has %d right, %d wrong, abstains on %d%n"
              .formatted(
                  Numbers.brief(q.sigmas().get(s)),
                  all.length,
                  right,
                  wrong,
                  all.length - right - wrong));
      out.append(LINE.formatted("epsilon", "certified", "refuted", "open"));
      for (int e = 0; e < q.epsilons().size(); e++) {
        Counts c = counts(all, e);
        out.append(
            LINE.formatted(
                Numbers.brief(q.epsilons().get(e)), c.certified(), c.refuted(), c.open()));
      }
      double mean = (double) draws(all) / all.length;
      out.append(
          String.format(Locale.ROOT, "%.0f draws a sample, of %d allowed%n", mean, q.draws()));
    }
    return out.append(
            """
            certified: the smoothed classifier argmax_c P(f(x + sigma Z) = c), not the network f, keeps the
            right class in the l2 ball; for each sample with probability %s over the draws, which makes
            it an estimate. refuted: it is not right, or sigma Phi^-1(P) is epsilon or less, as surely.
            open: the draws allowed cannot certify it. Adversarial examples of f refute nothing here.
            """
                .formatted(Numbers.show(1 - q.alpha())))
        .toString();
  }

  /** Returns the file. */
  public String json(Made made) {
    Smoothed.Request q = report.request();
    JsonObject o = made.head(report.device());
    o.addProperty("model_sha256", report.modelSha256());
    o.addProperty("data_sha256", report.dataSha256());
    o.addProperty("method", "smoothing");
    o.addProperty("about", "smoothed classifier argmax_c P(f(x + sigma Z) = c)");
    o.addProperty("norm", "l2");
    o.addProperty("kind", AnalysisJson.word(Kind.ESTIMATE));
    o.addProperty("alpha", q.alpha());
    o.addProperty("draws_allowed", q.draws());
    o.addProperty("seed", q.seed());
    o.addProperty("dtype", report.dtype());
    JsonArray all = new JsonArray();
    for (int s = 0; s < q.sigmas().size(); s++) {
      all.add(sigma(s));
    }
    o.add("sigmas", all);
    return AnalysisJson.text(o);
  }

  private JsonObject sigma(int s) {
    Smoothed.Request q = report.request();
    SmoothedSample[] all = report.samples()[s];
    JsonObject o = new JsonObject();
    o.addProperty("sigma", q.sigmas().get(s));
    long right = right(all);
    long wrong = count(all, SmoothedSample::wrong);
    o.addProperty("right", right);
    o.addProperty("wrong", wrong);
    o.addProperty("abstains", all.length - right - wrong);
    o.addProperty("draws", draws(all));
    JsonArray radii = new JsonArray();
    for (int e = 0; e < q.epsilons().size(); e++) {
      Counts c = counts(all, e);
      JsonObject one = new JsonObject();
      one.addProperty("epsilon", q.epsilons().get(e));
      one.addProperty("certified", c.certified());
      one.addProperty("refuted", c.refuted());
      one.addProperty("open", c.open());
      radii.add(one);
    }
    o.add("radii", radii);
    JsonArray samples = new JsonArray();
    for (int n = 0; n < all.length; n++) {
      SmoothedSample r = all[n];
      JsonObject one = new JsonObject();
      one.addProperty("index", n);
      one.addProperty("label", report.labels()[n]);
      one.addProperty("predicted", r.predicts() ? r.top() : -1);
      one.addProperty("proposed", r.top());
      one.addProperty("votes", r.draws() - r.misses());
      one.addProperty("draws", r.draws());
      one.add("probability", sides(r.pLower(), r.pUpper()));
      one.add("radius", sides(r.radiusLower(), r.radiusUpper()));
      samples.add(one);
    }
    o.add("samples", samples);
    return o;
  }

  private static JsonArray sides(double low, double high) {
    JsonArray both = new JsonArray();
    both.add(new JsonPrimitive(low));
    both.add(AnalysisJson.number(high));
    return both;
  }
}
