// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonElement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A claim as stored in {@code claims.json}.
 *
 * @param key its id with the settings at which it was judged
 * @param numbers estimate, limits of the interval, level and count, as far as it has them
 */
public record StoredClaim(String key, String verdict, Map<String, Double> numbers) {
  static final String FILE = "claims.json";

  private static final List<String> NUMBERS = List.of("estimate", "low", "high", "level", "n");

  static StoredClaim of(Fields f) {
    StringBuilder key = new StringBuilder(f.text("id"));
    for (Map.Entry<String, JsonElement> e : f.object("settings").json().entrySet()) {
      key.append(", ").append(e.getKey()).append(' ').append(e.getValue());
    }
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (String name : NUMBERS) {
      if (f.has(name)) {
        numbers.put(name, f.number(name));
      }
    }
    return new StoredClaim(key.toString(), f.text("verdict"), numbers);
  }
}
