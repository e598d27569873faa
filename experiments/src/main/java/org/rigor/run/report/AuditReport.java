// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.report.Requirement.Standing;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.store.RunFacts;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/**
 * The page and the file of an audit: what networks are worth in the worst case.
 *
 * @param run of the audit's study; its arms are the networks
 * @param requirements in the order given
 * @param omitted what could not be measured, with the reason
 */
public record AuditReport(
    RunRecord run, List<Requirement> requirements, Map<String, String> omitted) {
  /** Name and version of the file's format. */
  public static final String FORMAT = "rigor-audit/1";

  /** Writes {@code audit.html} and {@code audit.json} into the run folder. */
  public void write() {
    List<ArmSummary> arms = ArmSummary.each(run);
    run.folder().write("audit.html", AuditPage.of(this, arms, Figures.of(run, arms)));
    run.folder().write("audit.json", json(arms));
  }

  /** Returns how the requirements stand together: the worst of all networks. */
  public Standing standing() {
    Standing worst = Standing.HOLDS;
    for (ArmSummary arm : ArmSummary.each(run)) {
      for (Requirement r : requirements) {
        Standing s = r.of(arm);
        worst = s == Standing.MISSED || worst == Standing.HOLDS ? s : worst;
      }
    }
    return worst;
  }

  /** Returns the table of the console: a row per radius and network, and the requirements. */
  public String text() {
    StringBuilder out = new StringBuilder();
    List<ArmSummary> arms = ArmSummary.each(run);
    AuditNumbers.table(arms).ifPresent(t -> out.append(t.text()).append('\n'));
    for (ArmSummary arm : arms) {
      for (Requirement r : requirements) {
        out.append(
            "%s: %s %s%n".formatted(arm.arm().label(), r.text(), Names.kebab(r.of(arm).name())));
      }
    }
    omitted.forEach((what, why) -> out.append("not measured: %s: %s%n".formatted(what, why)));
    return out.toString();
  }

  private String json(List<ArmSummary> arms) {
    RunFacts facts = run.provenance().head();
    JsonObject o = new JsonObject();
    o.addProperty("format", FORMAT);
    o.addProperty("rigor", facts.rigor());
    o.addProperty("date", facts.started());
    o.addProperty("device", facts.device());
    JsonArray command = new JsonArray();
    facts.command().forEach(command::add);
    o.add("command", command);
    DataIdentity data = run.data().get(0);
    JsonObject d = new JsonObject();
    d.addProperty("name", data.name());
    d.addProperty("sha256", data.sha256());
    d.addProperty("samples", data.testSamples());
    o.add("data", d);
    List<NetworkIdentity> files = facts.networks().values().stream().flatMap(List::stream).toList();
    JsonArray models = new JsonArray();
    for (int a = 0; a < arms.size(); a++) {
      models.add(model(arms.get(a), files.get(a)));
    }
    o.add("models", models);
    JsonArray missing = new JsonArray();
    omitted.forEach(
        (what, why) -> {
          JsonObject m = new JsonObject();
          m.addProperty("measurement", what);
          m.addProperty("reason", why);
          missing.add(m);
        });
    o.add("not_measured", missing);
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(o) + "\n";
  }

  private JsonObject model(ArmSummary arm, NetworkIdentity file) {
    JsonObject m = new JsonObject();
    m.addProperty("file", file.name());
    m.addProperty("sha256", file.sha256());
    JsonArray notes = new JsonArray();
    file.notes().forEach(notes::add);
    m.add("notes", notes);
    m.add("clean_accuracy", share(arm.clean()));
    JsonArray curve = new JsonArray();
    for (AuditNumbers.Radius r : AuditNumbers.radii(arm)) {
      JsonObject at = new JsonObject();
      at.addProperty("epsilon", r.epsilon());
      at.add("certified_accuracy", share(r.certified()));
      at.add("attacked_accuracy", share(r.attacked()));
      at.addProperty("samples", r.samples());
      r.noise().ifPresent(v -> at.addProperty("noise_accuracy", v));
      curve.add(at);
    }
    m.add("radii", curve);
    JsonObject numbers = new JsonObject();
    for (Map.Entry<String, Scalar> e : arm.results().get(0).scalars().entrySet()) {
      JsonObject s = new JsonObject();
      boolean known = e.getValue().decided() && Double.isFinite(e.getValue().value());
      s.add("value", known ? new JsonPrimitive(e.getValue().value()) : JsonNull.INSTANCE);
      s.addProperty("kind", Names.kebab(e.getValue().kind().name()));
      numbers.add(e.getKey(), s);
    }
    m.add("numbers", numbers);
    JsonArray required = new JsonArray();
    for (Requirement r : requirements) {
      JsonObject q = new JsonObject();
      q.addProperty("requirement", r.text());
      q.addProperty("standing", Names.kebab(r.of(arm).name()));
      required.add(q);
    }
    m.add("requirements", required);
    return m;
  }

  private static JsonObject share(ArmSummary.Mean mean) {
    JsonObject s = new JsonObject();
    s.addProperty("value", mean.value());
    Optional<Interval> over = mean.images();
    over.ifPresent(
        i -> {
          s.addProperty("low", i.low());
          s.addProperty("high", i.high());
        });
    return s;
  }

  /** Returns, of two networks, the samples that one alone keeps at each radius. */
  static Optional<Table> paired(List<ArmSummary> arms) {
    if (arms.size() != 2) {
      return Optional.empty();
    }
    List<List<String>> rows = new ArrayList<>();
    for (Curve.Side side : Curve.Side.values()) {
      Curve a = arms.get(0).curves(side).get(0);
      Curve b = arms.get(1).curves(side).get(0);
      for (int e = 0; e < a.epsilons().length; e++) {
        int first = 0;
        int second = 0;
        for (int n = 0; n < a.survived().length; n++) {
          boolean keepsA = a.survived()[n] > e;
          boolean keepsB = b.survived()[n] > e;
          first += keepsA && !keepsB ? 1 : 0;
          second += keepsB && !keepsA ? 1 : 0;
        }
        rows.add(
            List.of(
                side == Curve.Side.CERTIFIED ? "proved" : "not broken",
                Numbers.brief(a.epsilons()[e]),
                Integer.toString(first),
                Integer.toString(second),
                Format.number(Statistics.mcNemar(first, second))));
      }
    }
    return Optional.of(
        new Table(
            List.of(
                "samples",
                "epsilon",
                "only " + arms.get(0).arm().label(),
                "only " + arms.get(1).arm().label(),
                "p (McNemar)"),
            rows));
  }
}
