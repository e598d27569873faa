// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.rigor.run.store.Provenance;

/**
 * How a report was made, with which every file of one begins.
 *
 * @param command words of the command line, quoted for a shell
 * @param date when it was made
 */
public record Made(List<String> command, Instant date) {

  /** Returns the head of a report's file. */
  JsonObject head(String device) {
    JsonObject o = new JsonObject();
    o.addProperty("rigor", Provenance.version());
    JsonArray words = new JsonArray();
    command.forEach(words::add);
    o.add("command", words);
    o.addProperty("date", date.truncatedTo(ChronoUnit.SECONDS).toString());
    o.addProperty("device", device);
    return o;
  }
}
