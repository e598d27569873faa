// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Arrays;
import org.rigor.run.analysis.Analyses.DistanceReport;
import org.rigor.run.analysis.Analyses.DistantSample;
import org.rigor.run.yaml.Names;

/** The JSON file of {@code distance}. */
public final class DistanceJson {
  private DistanceJson() {}

  /** Returns the file of a measurement of distances. */
  public static String of(DistanceReport r, Made made) {
    JsonObject o = made.head(r.device());
    o.addProperty("model", r.request().model().toString());
    o.addProperty("model_sha256", r.modelSha256());
    o.addProperty("data", r.request().data().toString());
    o.addProperty("data_sha256", r.dataSha256());
    o.addProperty("attack", r.part().name());
    o.addProperty("norm", Names.kebab(r.request().threat().norm().name()));
    o.add("box", AnalysisJson.box(r.request().threat().box()));
    o.addProperty("seed", r.request().settings().seed());
    o.add("image", AttackJson.image(r.request().settings().layout()));
    o.addProperty("dtype", r.dtype());
    AttackJson.part(o, r.part());
    o.add("farthest", AnalysisJson.number(r.farthest()));
    o.addProperty("radii", r.radii());
    o.addProperty("kind", AnalysisJson.word(r.kind()));
    AnalysisJson.share(o, "clean_accuracy", AnalysisJson.share(r.samples(), s -> s.distance() > 0));
    AnalysisJson.share(o, "never_fooled", AnalysisJson.share(r.samples(), s -> !s.isFooled()));
    JsonObject quantiles = new JsonObject();
    for (double q : DistanceText.QUANTILES) {
      quantiles.add(Double.toString(q), AnalysisJson.number(DistanceText.quantile(r, q)));
    }
    o.add("quantiles", quantiles);
    o.add("curve", curve(r));
    JsonArray warnings = new JsonArray();
    r.warnings().forEach(warnings::add);
    o.add("warnings", warnings);
    o.add("examples", AttackJson.examples(r.examples()));
    JsonArray samples = new JsonArray();
    r.samples().forEach(s -> samples.add(sample(s, r)));
    o.add("samples", samples);
    return AnalysisJson.text(o);
  }

  /** Returns the share of samples beyond each distance that occurs, and beyond 0. */
  private static JsonObject curve(DistanceReport r) {
    double[] all = r.samples().stream().mapToDouble(DistantSample::distance).sorted().toArray();
    JsonArray radii = new JsonArray();
    JsonArray shares = new JsonArray();
    double[] steps =
        Arrays.stream(all).filter(d -> d > 0 && Double.isFinite(d)).distinct().toArray();
    for (int i = -1; i < steps.length; i++) {
      double radius = i < 0 ? 0 : steps[i];
      radii.add(radius);
      shares.add((double) Arrays.stream(all).filter(d -> d > radius).count() / all.length);
    }
    JsonObject curve = new JsonObject();
    curve.add("epsilon", radii);
    curve.add("attacked_accuracy", shares);
    return curve;
  }

  private static JsonObject sample(DistantSample s, DistanceReport r) {
    JsonObject x = new JsonObject();
    x.addProperty("index", s.index());
    x.addProperty("label", s.label());
    x.addProperty("predicted", s.predicted());
    x.add("distance", AnalysisJson.number(s.distance()));
    x.add("side", JsonNull.INSTANCE);
    x.add("resolution", JsonNull.INSTANCE);
    x.add("attack", JsonNull.INSTANCE);
    x.add("start", JsonNull.INSTANCE);
    x.add("target_rank", JsonNull.INSTANCE);
    if (s.isFooled()) {
      x.addProperty("side", s.distance() > 0 ? "upper" : "exact");
      x.addProperty("resolution", s.resolution());
      x.addProperty("undefined_logits", s.undefined());
    }
    if (s.isFooled() && s.distance() > 0) {
      x.addProperty("attack", r.part().name());
      x.addProperty("start", s.start());
      s.targetRank().ifPresent(t -> x.addProperty("target_rank", t));
    }
    return x;
  }
}
