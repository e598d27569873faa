// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.StreamSupport;

/** Histories as JSON: {@code {"test/clean-accuracy": {"epochs": [...], "values": [...]}}}. */
public final class HistoryJson {
  private HistoryJson() {}

  /** Returns the object of one trial's histories. */
  public static JsonObject write(Map<String, History> histories) {
    JsonObject all = new JsonObject();
    histories.forEach(
        (name, h) -> {
          JsonArray epochs = new JsonArray();
          JsonArray values = new JsonArray();
          for (int i = 0; i < h.epochs().length; i++) {
            epochs.add(h.epochs()[i]);
            values.add(number(h.values()[i]));
          }
          JsonObject o = new JsonObject();
          o.add("epochs", epochs);
          o.add("values", values);
          all.add(name, o);
        });
    return all;
  }

  /** Reads what {@link #write} wrote. */
  public static Map<String, History> read(JsonObject all) {
    Map<String, History> out = new LinkedHashMap<>();
    for (Map.Entry<String, JsonElement> e : all.entrySet()) {
      JsonObject o = e.getValue().getAsJsonObject();
      int[] epochs =
          StreamSupport.stream(o.getAsJsonArray("epochs").spliterator(), false)
              .mapToInt(JsonElement::getAsInt)
              .toArray();
      double[] values =
          StreamSupport.stream(o.getAsJsonArray("values").spliterator(), false)
              .mapToDouble(HistoryJson::number)
              .toArray();
      out.put(e.getKey(), new History(epochs, values));
    }
    return out;
  }

  /** Returns a number as JSON, an infinity as text because JSON has none. */
  private static JsonPrimitive number(double v) {
    return Double.isInfinite(v) ? new JsonPrimitive(v > 0 ? "inf" : "-inf") : new JsonPrimitive(v);
  }

  private static double number(JsonElement e) {
    return switch (e.getAsString()) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> e.getAsDouble();
    };
  }
}
