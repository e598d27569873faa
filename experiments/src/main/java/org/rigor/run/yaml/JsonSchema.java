// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A JSON Schema (2020-12) of a record, for completion in editors. The binder is the authority. */
public final class JsonSchema {
  private JsonSchema() {}

  /** Returns the schema as text. */
  public static String of(Class<?> root) {
    return document(record(root, null));
  }

  /**
   * Returns the schema of documents of several kinds as text.
   *
   * @param kinds by the value of the top-level {@code type}
   * @param plain the kind of documents without one
   */
  public static String of(Map<String, Class<?>> kinds, Class<?> plain) {
    JsonObject schema = record(plain, null);
    for (Map.Entry<String, Class<?>> kind : kinds.entrySet()) {
      JsonObject constant = new JsonObject();
      constant.addProperty("const", kind.getKey());
      JsonObject properties = new JsonObject();
      properties.add("type", constant);
      JsonArray required = new JsonArray();
      required.add("type");
      JsonObject condition = new JsonObject();
      condition.add("properties", properties);
      condition.add("required", required);
      JsonObject choice = new JsonObject();
      choice.add("if", condition);
      choice.add("then", record(kind.getValue(), kind.getKey()));
      choice.add("else", schema);
      schema = choice;
    }
    return document(schema);
  }

  private static String document(JsonObject schema) {
    JsonObject out = new JsonObject();
    out.addProperty("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.entrySet().forEach(e -> out.add(e.getKey(), e.getValue()));
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(out) + "\n";
  }

  private static JsonObject record(Class<?> c, String typeName) {
    JsonObject o = new JsonObject();
    o.addProperty("type", "object");
    String doc = KeySpec.doc(c, typeName);
    if (!doc.isEmpty()) {
      o.addProperty("description", doc);
    }
    JsonObject properties = new JsonObject();
    JsonArray required = new JsonArray();
    if (typeName != null) {
      JsonObject constant = new JsonObject();
      constant.addProperty("const", typeName);
      properties.add("type", constant);
      required.add("type");
    }
    for (KeySpec key : KeySpec.of(c)) {
      JsonObject p = type(key.type(), key);
      p.addProperty("description", key.doc());
      properties.add(key.name(), p);
      if (!key.optional()) {
        required.add(key.name());
      }
    }
    o.add("properties", properties);
    o.add("required", required);
    o.addProperty("additionalProperties", false);
    return o;
  }

  private static JsonObject type(Type type, KeySpec key) {
    Class<?> c = KeySpec.raw(type);
    JsonObject o = new JsonObject();
    if (c == Optional.class) {
      return type(KeySpec.argument(type, 0), key);
    }
    if (c == Tree.class) {
      return o;
    }
    if (c == List.class) {
      o.addProperty("type", "array");
      o.add("items", type(KeySpec.argument(type, 0), key));
      o.addProperty("minItems", (int) key.length().min());
      // A rule such as linspace(0, 1, 5), or a count.
      JsonArray any = new JsonArray();
      any.add(o);
      any.add(named("string"));
      if (key.orCount()) {
        any.add(named("integer"));
      }
      JsonObject out = new JsonObject();
      out.add("anyOf", any);
      return out;
    }
    if (c == Map.class) {
      o.addProperty("type", "object");
      o.add("additionalProperties", type(KeySpec.argument(type, 1), key));
      return o;
    }
    if (c.isRecord()) {
      return record(c, null);
    }
    if (KeySpec.isFamily(c)) {
      JsonArray choices = new JsonArray();
      for (Map.Entry<String, Class<?>> e : KeySpec.variants(c).entrySet()) {
        choices.add(record(e.getValue(), e.getKey()));
      }
      o.add("oneOf", choices);
      return o;
    }
    return scalar(c, key);
  }

  private static JsonObject scalar(Class<?> c, KeySpec key) {
    List<String> known = c.isEnum() ? KeySpec.constants(c) : key.names();
    if (!known.isEmpty()) {
      JsonObject o = new JsonObject();
      JsonArray names = new JsonArray();
      known.forEach(names::add);
      o.add("enum", names);
      return o;
    }
    if (c == boolean.class || c == String.class) {
      return named(c == String.class ? "string" : "boolean");
    }
    boolean whole = List.of(int.class, long.class, Integer.class, Long.class).contains(c);
    JsonObject number = named(whole ? "integer" : "number");
    KeySpec.Limits r = key.range();
    if (Double.isFinite(r.min())) {
      number.add(r.minOpen() ? "exclusiveMinimum" : "minimum", new JsonPrimitive(r.min()));
    }
    if (Double.isFinite(r.max())) {
      number.add(r.maxOpen() ? "exclusiveMaximum" : "maximum", new JsonPrimitive(r.max()));
    }
    // 8/255 and 2^-4 are strings to JSON.
    JsonArray any = new JsonArray();
    any.add(number);
    any.add(named("string"));
    JsonObject o = new JsonObject();
    o.add("anyOf", any);
    return o;
  }

  private static JsonObject named(String type) {
    JsonObject o = new JsonObject();
    o.addProperty("type", type);
    return o;
  }
}
