// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.io.AtomicFile;
import org.rigor.run.bench.Bench;
import org.rigor.run.bench.ResultTable;
import org.rigor.run.bench.Results;

/**
 * A conversion of the acceptance records into {@code accept.json} and {@code accept.md}. Arguments:
 * the folder with the records and the folder to write to, which may hold {@code tests.txt}.
 */
public final class AcceptReport {
  private static final Pattern COUNT = Pattern.compile("\\[\\s*(\\d+) tests (\\w+)\\s*\\]");

  private AcceptReport() {}

  public static void main(String[] args) throws IOException {
    Path out = Path.of(args[1]);
    List<JsonObject> records = Results.records(Path.of(args[0]));
    JsonObject json = new JsonObject();
    JsonArray steps = of("step", records);
    json.add("parts", of("part", records));
    json.add("steps", steps);
    json.add("tests", tests(out.resolve("tests.txt")));
    JsonObject results = Results.of(records);
    results.entrySet().forEach(e -> json.add(e.getKey(), e.getValue()));
    StringBuilder page = new StringBuilder("# Acceptance of ");
    page.append(results.get("tool").getAsString())
        .append("\n\n| step | | s | |\n|---|---|---|---|\n");
    for (int i = 0; i < steps.size(); i++) {
      JsonObject s = steps.get(i).getAsJsonObject();
      String error = s.has("error") ? s.get("error").getAsString().lines().findFirst().get() : "";
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.1f | %s |%n",
              s.get("step").getAsString(),
              s.get("pass").getAsBoolean() ? "pass" : "FAIL",
              s.get("seconds").getAsDouble(),
              error.substring(0, Math.min(200, error.length()))));
    }
    page.append("\nTests on the device: ").append(json.get("tests")).append("\n\n");
    page.append(ResultTable.markdown(results));
    AtomicFile.write(out.resolve("accept.json"), named(args[0], Bench.text(json)));
    AtomicFile.write(out.resolve("accept.md"), named(args[0], page.toString()));
  }

  /** Replaces the machine's folders by the names that the scripts use for them. */
  private static String named(String work, String text) {
    return text.replace(work, "WORK").replace(System.getProperty("rigor.home", "FOLDER"), "FOLDER");
  }

  private static JsonArray of(String kind, List<JsonObject> records) {
    JsonArray out = new JsonArray();
    records.stream().filter(r -> r.get("kind").getAsString().equals(kind)).forEach(out::add);
    return out;
  }

  /** Returns the counts by outcome; empty if no tests ran. */
  private static JsonObject tests(Path file) throws IOException {
    JsonObject out = new JsonObject();
    if (Files.isRegularFile(file)) {
      Matcher m = COUNT.matcher(Files.readString(file));
      while (m.find()) {
        out.addProperty(m.group(2), Integer.parseInt(m.group(1)));
      }
    }
    return out;
  }
}
