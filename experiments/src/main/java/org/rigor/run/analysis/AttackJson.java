// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Optional;
import org.rigor.attack.ImageLayout;
import org.rigor.attack.MaskingSigns;
import org.rigor.attack.MaskingSigns.Sign;
import org.rigor.run.analysis.Analyses.Adversarial;
import org.rigor.run.analysis.Analyses.AttackPart;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackedSample;
import org.rigor.run.analysis.Analyses.Examples;
import org.rigor.run.yaml.Names;

/** The JSON file of {@code attack}: everything needed to repeat it and to check its result. */
public final class AttackJson {
  private AttackJson() {}

  /** Returns the file of an attack. */
  public static String of(AttackReport r, Made made) {
    JsonObject o = made.head(r.device());
    o.addProperty("model", r.request().model().toString());
    o.addProperty("model_sha256", r.modelSha256());
    o.addProperty("data", r.request().data().toString());
    o.addProperty("data_sha256", r.dataSha256());
    if (r.request().surrogate().isPresent()) {
      o.addProperty("surrogate", r.request().surrogate().get().toString());
      o.addProperty("surrogate_sha256", r.surrogateSha256().orElseThrow());
    }
    r.request().target().ifPresent(t -> o.addProperty("target", t));
    settings(o, r);
    o.addProperty("kind", AnalysisJson.word(r.kind()));
    AnalysisJson.share(
        o, "clean_accuracy", AnalysisJson.share(r.samples(), s -> s.predicted() == s.label()));
    boolean toward = r.request().target().isPresent();
    AnalysisJson.share(
        o,
        toward ? "kept_from_target" : "attacked_accuracy",
        AnalysisJson.share(r.samples(), AttackedSample::survives));
    JsonArray warnings = new JsonArray();
    r.warnings().forEach(warnings::add);
    o.add("warnings", warnings);
    o.add("masking", JsonNull.INSTANCE);
    r.masking().ifPresent(m -> o.add("masking", masking(m)));
    o.add("examples", examples(r.examples()));
    JsonArray samples = new JsonArray();
    r.samples().forEach(s -> samples.add(sample(s)));
    o.add("samples", samples);
    return AnalysisJson.text(o);
  }

  /** Returns a file of points; null if there is none. */
  static JsonElement examples(Optional<Examples> written) {
    if (written.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    JsonObject file = new JsonObject();
    file.addProperty("points", written.get().count());
    file.addProperty("near_boundary", written.get().near());
    written.get().file().ifPresent(f -> file.addProperty("file", f.toString()));
    written.get().sha256().ifPresent(hash -> file.addProperty("sha256", hash));
    file.addProperty("dtype", written.get().dtype());
    written.get().pictures().ifPresent(f -> file.addProperty("pictures", f.toString()));
    return file;
  }

  private static JsonObject masking(MaskingSigns looked) {
    JsonObject m = new JsonObject();
    m.addProperty("samples", looked.samples());
    m.addProperty("survivors", looked.left());
    JsonObject counts = new JsonObject();
    for (Sign sign : Sign.values()) {
      Integer count = looked.counts().get(sign);
      counts.add(
          Names.kebab(sign.name()), count == null ? JsonNull.INSTANCE : new JsonPrimitive(count));
    }
    m.add("counts", counts);
    JsonArray shown = new JsonArray();
    looked.shown().forEach(sign -> shown.add(Names.kebab(sign.name())));
    m.add("signs", shown);
    return m;
  }

  private static void settings(JsonObject o, AttackReport r) {
    AttackSettings s = r.request().settings();
    o.addProperty("attack", s.attack());
    AnalysisJson.threat(o, r.request().threat());
    o.addProperty("epsilon", r.request().epsilon());
    o.add("box", AnalysisJson.box(r.request().threat().box()));
    o.addProperty("seed", s.seed());
    o.add("image", image(s.layout()));
    o.addProperty("dtype", r.dtype());
    if (r.parts().size() == 1 && r.ledger().isEmpty()) {
      part(o, r.parts().get(0));
      return;
    }
    Optional<Ledger> ledger = Ledger.of(r);
    JsonArray parts = new JsonArray();
    for (int i = 0; i < r.parts().size(); i++) {
      AttackPart p = r.parts().get(i);
      JsonObject one = new JsonObject();
      one.addProperty("attack", p.name());
      part(one, p);
      one.addProperty("first_to_fool", p.fooled());
      if (ledger.isPresent()) {
        one.addProperty("fooled", ledger.get().fooled(i));
        one.addProperty("unique", ledger.get().unique(i));
        JsonArray row = new JsonArray();
        for (int n = 0; n < r.samples().size(); n++) {
          row.add(ledger.get().falls(i, n) ? 1 : 0);
        }
        one.add("ledger", row);
      }
      parts.add(one);
    }
    o.add("attacks", parts);
  }

  /** Returns the extents of images in rows; null if there are none. */
  static JsonElement image(Optional<ImageLayout> layout) {
    if (layout.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    JsonObject image = new JsonObject();
    image.addProperty("height", layout.get().height());
    image.addProperty("width", layout.get().width());
    image.addProperty("channels", layout.get().channels());
    image.addProperty("channels_first", layout.get().channelsFirst());
    return image;
  }

  static void part(JsonObject o, AttackPart p) {
    o.addProperty("loss", Names.kebab(p.loss().name()));
    o.addProperty("targets", p.targets());
    o.addProperty("target_rule", Names.kebab(p.rule().name()));
    o.addProperty("steps", p.steps());
    o.add("relative_step", JsonNull.INSTANCE);
    p.relativeStep().ifPresent(own -> o.addProperty("relative_step", own));
    o.addProperty("restarts", p.restarts());
  }

  private static JsonObject sample(AttackedSample s) {
    JsonObject x = new JsonObject();
    x.addProperty("index", s.index());
    x.addProperty("label", s.label());
    x.addProperty("predicted", s.predicted());
    x.add("logits", AnalysisJson.numbers(s.logits()));
    x.addProperty("survives", s.survives());
    x.add("adversarial", JsonNull.INSTANCE);
    s.adversarial().ifPresent(a -> x.add("adversarial", adversarial(a)));
    return x;
  }

  private static JsonObject adversarial(Adversarial a) {
    JsonObject x = new JsonObject();
    x.addProperty("predicted", a.predicted());
    x.add("margin", AnalysisJson.number(a.margin()));
    x.add("distance", AnalysisJson.number(a.distance()));
    x.add("attack", JsonNull.INSTANCE);
    a.attack().ifPresent(by -> x.addProperty("attack", by));
    x.add("start", JsonNull.INSTANCE);
    a.start().ifPresent(i -> x.addProperty("start", i));
    x.add("target_rank", JsonNull.INSTANCE);
    a.targetRank().ifPresent(i -> x.addProperty("target_rank", i));
    x.addProperty("iterations", a.iterations());
    x.addProperty("undefined_logits", a.undefined());
    x.add("logits", AnalysisJson.numbers(a.logits()));
    return x;
  }
}
