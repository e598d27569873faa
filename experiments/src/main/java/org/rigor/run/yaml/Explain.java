// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Explains a key from the declarations on the records. */
public final class Explain {
  private Explain() {}

  /**
   * Returns the text for a key path such as {@code training.methods.pgd.epsilon}; the step after a
   * choice is a {@code type}. The empty path explains the root.
   *
   * @throws IllegalArgumentException with a message for the user, if there is no such key
   */
  public static String key(Class<?> root, String path) {
    StringBuilder out = new StringBuilder();
    if (path.isEmpty()) {
      members(root, null, "", out, 0);
      return out.toString();
    }
    Class<?> at = root;
    String type = null;
    KeySpec found = null;
    for (String step : path.replaceAll("\\[\\d+]", "").split("\\.")) {
      if (at != null && KeySpec.isFamily(at)) {
        Map<String, Class<?>> variants = KeySpec.variants(at);
        if (!variants.containsKey(step)) {
          throw new IllegalArgumentException(
              "'%s' is none of %s%s"
                  .formatted(
                      step,
                      String.join(", ", variants.keySet()),
                      Names.hint(step, variants.keySet())));
        }
        at = variants.get(step);
        type = step;
        found = null;
        continue;
      }
      found = at == null ? null : find(at, step);
      at = inner(found);
      type = null;
    }
    if (found != null) {
      line(found, path, out);
    }
    if (at != null) {
      members(at, type, path, out, 0);
    }
    return out.toString();
  }

  private static KeySpec find(Class<?> record, String step) {
    List<KeySpec> keys = KeySpec.of(record);
    List<String> names = keys.stream().map(KeySpec::name).toList();
    return keys.stream()
        .filter(k -> k.name().equals(step))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no key '%s'%s; there are %s"
                        .formatted(step, Names.hint(step, names), String.join(", ", names))));
  }

  /** Returns the record or choice a key holds, directly or as elements; null for plain values. */
  private static Class<?> inner(KeySpec key) {
    java.lang.reflect.Type t = key.type();
    while (KeySpec.raw(t) == List.class || KeySpec.raw(t) == Optional.class) {
      t = KeySpec.argument(t, 0);
    }
    Class<?> c = KeySpec.raw(t);
    boolean tree = c == Tree.class;
    return !tree && (c.isRecord() || KeySpec.isFamily(c)) ? c : null;
  }

  /**
   * @param type the value of {@code type:} that selects {@code c}; null if none does
   */
  private static void members(Class<?> c, String type, String path, StringBuilder out, int depth) {
    String doc = KeySpec.doc(c, type);
    if (depth == 0 && !doc.isEmpty()) {
      out.append(doc).append("\n");
    }
    if (c.isRecord()) {
      for (KeySpec key : KeySpec.of(c)) {
        line(key, Binder.join(path, key.name()), out);
        if (depth < 1 && inner(key) != null && path.isEmpty()) {
          members(inner(key), null, Binder.join(path, key.name()), out, depth + 1);
        }
      }
      return;
    }
    KeySpec.variants(c)
        .forEach(
            (name, variant) -> {
              out.append(Binder.join(path, "type: " + name)).append("\n    ");
              out.append(KeySpec.doc(variant, name)).append('\n');
            });
  }

  private static void line(KeySpec key, String path, StringBuilder out) {
    List<String> facts = new ArrayList<>();
    facts.add(words(key.type(), key.names()));
    if (key.range().bounded()) {
      facts.add(key.range().words());
    }
    facts.add(
        key.defaultText()
            .map(d -> "default " + d)
            .orElse(key.optional() ? "optional" : "required"));
    if (key.perModel()) {
      facts.add("may differ within a pack");
    }
    out.append(path).append("  (").append(String.join("; ", facts)).append(")\n    ");
    out.append(key.doc()).append('\n');
  }

  private static String words(java.lang.reflect.Type type, List<String> names) {
    Class<?> c = KeySpec.raw(type);
    if (c == List.class) {
      return "list of " + words(KeySpec.argument(type, 0), names);
    }
    if (c == Optional.class) {
      return words(KeySpec.argument(type, 0), names);
    }
    if (c == Map.class) {
      return "mapping";
    }
    if (c == Tree.class) {
      return "value";
    }
    if (c.isEnum()) {
      return String.join(" | ", KeySpec.constants(c));
    }
    if (c == String.class) {
      return names.isEmpty() ? "text" : String.join(" | ", names);
    }
    if (c == double.class || c == Double.class) {
      return "number";
    }
    if (c == int.class || c == long.class || c == Integer.class || c == Long.class) {
      return "whole number";
    }
    return c == boolean.class ? "true | false" : "mapping";
  }
}
