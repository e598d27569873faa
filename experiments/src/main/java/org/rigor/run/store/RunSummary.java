// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code summary.json}: how a run ended, for lists of runs.
 *
 * @param study name of the study
 * @param exit exit code
 * @param result what was measured, in a few words
 * @param claims claims that hold, for example {@code 3 of 3}; {@code -} if there are none
 * @param seconds of this run, without what former runs had finished
 * @param finished when it ended, in ISO 8601
 * @param device kind of the device
 * @param smoke whether it was the small size
 * @param figure its first figure, a path in the run folder; empty if there is none
 */
public record RunSummary(
    String study,
    int exit,
    String result,
    String claims,
    double seconds,
    String finished,
    String device,
    boolean smoke,
    String figure) {
  private static final String FILE = "summary.json";

  /** Writes it into a run folder. */
  public void write(RunFolder folder) {
    JsonObject o = new JsonObject();
    o.addProperty("study", study);
    o.addProperty("exit", exit);
    o.addProperty("result", result);
    o.addProperty("claims", claims);
    o.addProperty("seconds", Math.round(10 * seconds) / 10.0);
    o.addProperty("finished", finished);
    o.addProperty("device", device);
    o.addProperty("smoke", smoke);
    o.addProperty("figure", figure);
    folder.write(FILE, o + "\n");
  }

  /** Returns the summary in a run folder, or empty if there is none to read. */
  public static Optional<RunSummary> read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      JsonObject o = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
      return Optional.of(
          new RunSummary(
              o.get("study").getAsString(),
              o.get("exit").getAsInt(),
              o.get("result").getAsString(),
              o.get("claims").getAsString(),
              o.get("seconds").getAsDouble(),
              o.get("finished").getAsString(),
              o.get("device").getAsString(),
              o.get("smoke").getAsBoolean(),
              o.get("figure").getAsString()));
    } catch (IOException | JsonParseException | IllegalStateException | NullPointerException e) {
      return Optional.empty();
    }
  }
}
