// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * A checker of the part of JSON Schema that {@code docs/audit.schema.json} uses: {@code type},
 * {@code required}, {@code properties}, {@code additionalProperties}, {@code items}, {@code enum},
 * {@code minimum}, {@code maximum} and {@code $ref} to {@code $defs}.
 */
final class Schema {
  private final JsonObject root;
  private final List<String> found = new ArrayList<>();

  private Schema(JsonObject root) {
    this.root = root;
  }

  /** Returns what a file has against a schema; empty if nothing. */
  static List<String> violations(JsonObject schema, JsonElement file) {
    Schema s = new Schema(schema);
    s.check(schema, file, "");
    return s.found;
  }

  private void check(JsonObject schema, JsonElement value, String at) {
    if (schema.has("$ref")) {
      String name = schema.get("$ref").getAsString().substring("#/$defs/".length());
      check(root.getAsJsonObject("$defs").getAsJsonObject(name), value, at);
      return;
    }
    if (schema.has("type") && !isOf(schema.get("type"), value)) {
      found.add(at + ": " + schema.get("type").getAsString() + " required");
      return;
    }
    if (schema.has("enum") && !schema.getAsJsonArray("enum").contains(value)) {
      found.add(at + ": not one of " + schema.get("enum"));
    }
    if (schema.has("minimum") && value.getAsDouble() < schema.get("minimum").getAsDouble()) {
      found.add(at + ": too small");
    }
    if (schema.has("maximum") && value.getAsDouble() > schema.get("maximum").getAsDouble()) {
      found.add(at + ": too large");
    }
    if (value.isJsonArray() && schema.has("items")) {
      JsonArray all = value.getAsJsonArray();
      for (int i = 0; i < all.size(); i++) {
        check(schema.getAsJsonObject("items"), all.get(i), at + "/" + i);
      }
    }
    if (value.isJsonObject()) {
      object(schema, value.getAsJsonObject(), at);
    }
  }

  private void object(JsonObject schema, JsonObject value, String at) {
    if (schema.has("required")) {
      for (JsonElement name : schema.getAsJsonArray("required")) {
        if (!value.has(name.getAsString())) {
          found.add(at + "/" + name.getAsString() + ": missing");
        }
      }
    }
    JsonObject known =
        schema.has("properties") ? schema.getAsJsonObject("properties") : new JsonObject();
    JsonElement others = schema.get("additionalProperties");
    for (String name : value.keySet()) {
      String place = at + "/" + name;
      if (known.has(name)) {
        check(known.getAsJsonObject(name), value.get(name), place);
      } else if (others != null && others.isJsonObject()) {
        check(others.getAsJsonObject(), value.get(name), place);
      } else if (others != null && !others.getAsBoolean()) {
        found.add(place + ": unknown");
      }
    }
  }

  private static boolean isOf(JsonElement type, JsonElement value) {
    if (type.isJsonArray()) {
      for (JsonElement one : type.getAsJsonArray()) {
        if (isOf(one, value)) {
          return true;
        }
      }
      return false;
    }
    boolean number = value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
    return switch (type.getAsString()) {
      case "object" -> value.isJsonObject();
      case "array" -> value.isJsonArray();
      case "string" -> value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
      case "null" -> value.isJsonNull();
      case "number" -> number;
      case "integer" -> number && value.getAsDouble() == Math.rint(value.getAsDouble());
      default -> throw new IllegalStateException("type " + type);
    };
  }
}
