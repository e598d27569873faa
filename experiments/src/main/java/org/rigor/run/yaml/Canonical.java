// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Canonical JSON of a value: keys sorted and in kebab-case, defaults filled in, numbers in their
 * shortest form. Studies with the same meaning have the same text, however they are written.
 */
public final class Canonical {
  private Canonical() {}

  private enum Part {
    ALL,
    IDENTITY,
    STRUCTURE
  }

  /** Returns the JSON of a bound record. */
  public static JsonElement of(Object value) {
    return of(value, Part.ALL);
  }

  /**
   * Returns the JSON of everything that may change a result: all components except those marked
   * {@link Label}.
   */
  public static JsonElement identity(Object value) {
    return of(value, Part.IDENTITY);
  }

  /** Returns the identity without the components marked {@link PerModel}. */
  public static JsonElement structure(Object value) {
    return of(value, Part.STRUCTURE);
  }

  private static JsonElement of(Object value, Part part) {
    if (value == null || value instanceof Optional<?> o && o.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    if (value instanceof Optional<?> o) {
      return of(o.get(), part);
    }
    if (value instanceof List<?> list) {
      JsonArray out = new JsonArray();
      list.forEach(v -> out.add(of(v, part)));
      return out;
    }
    if (value instanceof Map<?, ?> map) {
      JsonObject out = new JsonObject();
      new TreeMap<>(map).forEach((k, v) -> out.add(k.toString(), of(v, part)));
      return out;
    }
    if (value instanceof Number n) {
      boolean whole = n instanceof Long || n instanceof Integer;
      return new JsonPrimitive(
          new BigDecimal(whole ? n.toString() : Numbers.show(n.doubleValue())));
    }
    if (value instanceof Boolean b) {
      return new JsonPrimitive(b);
    }
    if (value instanceof Enum<?> e) {
      return new JsonPrimitive(Names.kebab(e.name()));
    }
    if (value instanceof Tree tree) {
      return tree(tree);
    }
    return value instanceof Record r ? record(r, part) : new JsonPrimitive(value.toString());
  }

  private static JsonElement record(Record record, Part part) {
    Map<String, JsonElement> sorted = new TreeMap<>();
    components(record, part, sorted);
    for (Class<?> i : record.getClass().getInterfaces()) {
      if (KeySpec.isFamily(i)) {
        sorted.put("type", new JsonPrimitive(KeySpec.typeOf(record)));
      }
    }
    if (part != Part.ALL) {
      // A plugin's code affects results as much as its options do.
      Origin.sha256(record.getClass())
          .ifPresent(sum -> sorted.put("code-sha256", new JsonPrimitive(sum)));
    }
    JsonObject out = new JsonObject();
    sorted.forEach(out::add);
    return out;
  }

  private static void components(Record record, Part part, Map<String, JsonElement> out) {
    for (RecordComponent c : KeySpec.components(record.getClass())) {
      if ((part != Part.ALL && c.isAnnotationPresent(Label.class))
          || (part == Part.STRUCTURE && c.isAnnotationPresent(PerModel.class))) {
        continue;
      }
      try {
        Object component = c.getAccessor().invoke(record);
        if (c.isAnnotationPresent(Inline.class)) {
          components((Record) component, part, out);
          continue;
        }
        JsonElement value = of(component, part);
        // A new optional key must not change the identity of studies that do not use it.
        String name = Names.kebab(c.getName());
        if (part == Part.ALL || !value.isJsonNull()) {
          out.put(name, value);
        }
        if (part != Part.ALL && c.isAnnotationPresent(OneOf.class) && value.isJsonPrimitive()) {
          OneOf.Source source = KeySpec.make(c.getAnnotation(OneOf.class).value());
          Origin.sha256(source.code(value.getAsString()))
              .ifPresent(sum -> out.put(name + "-code-sha256", new JsonPrimitive(sum)));
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(record.getClass() + " must be a public record", e);
      }
    }
  }

  private static JsonElement tree(Tree tree) {
    if (tree instanceof Tree.Scalar s) {
      return scalar(s);
    }
    if (tree instanceof Tree.Items list) {
      JsonArray out = new JsonArray();
      list.items().forEach(t -> out.add(tree(t)));
      return out;
    }
    JsonObject out = new JsonObject();
    new TreeMap<>(((Tree.Fields) tree).fields()).forEach((k, f) -> out.add(k, tree(f.value())));
    return out;
  }

  private static JsonPrimitive scalar(Tree.Scalar s) {
    if (!s.quoted() && (s.text().equals("true") || s.text().equals("false"))) {
      return new JsonPrimitive(Boolean.valueOf(s.text()));
    }
    try {
      if (!s.quoted()) {
        return new JsonPrimitive(new BigDecimal(Numbers.show(Numbers.parse(s.text()))));
      }
    } catch (NumberFormatException text) {
      // Not a number: kept as text.
    }
    return new JsonPrimitive(s.text());
  }
}
