// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import org.rigor.run.study.StudyDocument;

/** {@code resolved.yaml}: the study with overrides applied and every default written out. */
public final class ResolvedYaml {
  private ResolvedYaml() {}

  /** Returns YAML that parses to the same study. */
  public static String text(StudyDocument study) {
    StringBuilder out = new StringBuilder();
    out.append("# The study as it was run: overrides applied, defaults written out.\n");
    block(study.canonical(), "", out);
    return out.toString();
  }

  private static void block(JsonObject o, String indent, StringBuilder out) {
    for (Map.Entry<String, JsonElement> e : o.entrySet()) {
      if (!e.getValue().isJsonNull()) {
        entry(e.getKey(), e.getValue(), indent, out);
      }
    }
  }

  private static void entry(String key, JsonElement v, String indent, StringBuilder out) {
    out.append(indent).append(key).append(':');
    if (v instanceof JsonObject inner && !inner.isEmpty()) {
      out.append('\n');
      block(inner, indent + "  ", out);
    } else if (v instanceof JsonArray list && list.size() > 0 && list.get(0).isJsonObject()) {
      out.append('\n');
      for (JsonElement item : list) {
        StringBuilder inner = new StringBuilder();
        block(item.getAsJsonObject(), indent + "    ", inner);
        out.append(indent).append("  - ").append(inner.substring(indent.length() + 4));
      }
    } else {
      // JSON is valid YAML and quotes every string.
      out.append(' ').append(v).append('\n');
    }
  }
}
