// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxNode;

/**
 * Signature of an operator in each operator set: attributes with their types, and the numbers of
 * operands and results (ONNX operator specification).
 */
final class Signature {
  private static final int FOREVER = Integer.MAX_VALUE;
  private static final Pattern ATTRIBUTE =
      Pattern.compile("(\\w+):([fist]s?)(!?)(?:>=(\\d+))?(?:<(\\d+))?");
  private static final Pattern COUNT = Pattern.compile("(\\d+)(?:-(\\d+)|(\\+))?(?:<(\\d+))?");
  private static final Map<String, Class<? extends OnnxAttribute>> TYPES =
      Map.of(
          "f", OnnxAttribute.Real.class,
          "i", OnnxAttribute.Int.class,
          "s", OnnxAttribute.Text.class,
          "t", OnnxAttribute.Constant.class,
          "fs", OnnxAttribute.Reals.class,
          "is", OnnxAttribute.Ints.class);

  private record Attribute(
      Class<? extends OnnxAttribute> type, boolean required, int since, int until) {
    boolean in(long opset) {
      return opset >= since && opset < until;
    }
  }

  private record Count(int least, int most, int until) {}

  private final List<Integer> versions;
  private final int removed;
  private final List<Count> inputs;
  private final List<Count> outputs;
  private final Map<String, List<Attribute>> attributes = new TreeMap<>();

  /**
   * @param versions operator sets that changed the operator, ascending; one ending in - removed it
   * @param inputs {@code least-most}, {@code least+} or one number; with {@code <v} up to a version
   * @param attributes {@code name:type}, type f, i, s, t, fs or is, with {@code !} if required, and
   *     {@code >=v} and {@code <v} for the versions that have it
   */
  Signature(String versions, String inputs, String outputs, String attributes) {
    List<Integer> all = new ArrayList<>();
    int gone = FOREVER;
    for (String v : versions.split(" ")) {
      if (v.endsWith("-")) {
        gone = Integer.parseInt(v.substring(0, v.length() - 1));
      } else {
        all.add(Integer.parseInt(v));
      }
    }
    this.versions = List.copyOf(all);
    this.removed = gone;
    this.inputs = counts(inputs);
    this.outputs = counts(outputs);
    for (String a : attributes.isEmpty() ? new String[0] : attributes.split(" ")) {
      Matcher m = matched(ATTRIBUTE, a);
      this.attributes
          .computeIfAbsent(m.group(1), k -> new ArrayList<>())
          .add(
              new Attribute(
                  TYPES.get(m.group(2)),
                  !m.group(3).isEmpty(),
                  number(m.group(4), 0),
                  number(m.group(5), FOREVER)));
    }
  }

  private static List<Count> counts(String text) {
    List<Count> out = new ArrayList<>();
    for (String part : text.split(" ")) {
      Matcher m = matched(COUNT, part);
      int least = Integer.parseInt(m.group(1));
      int most = m.group(3) != null ? FOREVER : number(m.group(2), least);
      out.add(new Count(least, most, number(m.group(4), FOREVER)));
    }
    return out;
  }

  private static Matcher matched(Pattern p, String text) {
    Matcher m = p.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not " + p);
    }
    return m;
  }

  private static int number(String text, int absent) {
    return text == null ? absent : Integer.parseInt(text);
  }

  /**
   * Returns the operator set that defines the operator as of {@code opset}; 0 if it does not exist.
   */
  int version(long opset) {
    return opset >= removed
        ? 0
        : versions.stream().filter(v -> v <= opset).mapToInt(v -> v).max().orElse(0);
  }

  /** Formats what an operator set allows (operands, results, attributes), for comparison. */
  String at(int opset) {
    List<String> names = new ArrayList<>();
    attributes.forEach(
        (name, list) ->
            list.stream()
                .filter(a -> a.in(opset))
                .forEach(a -> names.add(name + ":" + text(a.type) + (a.required ? "!" : ""))));
    return text(count(inputs, opset)) + " " + text(count(outputs, opset)) + " " + names;
  }

  private static String text(Class<? extends OnnxAttribute> type) {
    return TYPES.entrySet().stream()
        .filter(e -> e.getValue() == type)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  private static String text(Count c) {
    return c.least + "-" + (c.most == FOREVER ? "" : c.most);
  }

  private static Count count(List<Count> list, long opset) {
    return list.stream().filter(c -> opset < c.until).findFirst().orElseThrow();
  }

  /**
   * @throws IllegalArgumentException naming what a node states but its operator does not define
   */
  void check(OnnxNode n, long opset) {
    if (version(opset) == 0) {
      throw new IllegalArgumentException(
          "%s is an operator from operator set %d%s on, the file uses %d"
              .formatted(
                  n.op(),
                  versions.get(0),
                  removed == FOREVER ? "" : " to " + (removed - 1),
                  opset));
    }
    String where = n.op() + " of operator set " + opset;
    requireCount(where, "operands", count(inputs, opset), n.inputs());
    requireCount(where, "results", count(outputs, opset), n.outputs());
    n.attributes().forEach((name, value) -> check(where, name, value, opset));
    attributes.forEach(
        (name, list) -> {
          if (list.stream().anyMatch(a -> a.in(opset) && a.required)
              && !n.attributes().containsKey(name)) {
            throw new IllegalArgumentException(where + " must have the attribute " + name);
          }
        });
  }

  private void check(String where, String name, OnnxAttribute value, long opset) {
    List<Attribute> known =
        attributes.getOrDefault(name, List.of()).stream().filter(a -> a.in(opset)).toList();
    if (known.isEmpty()) {
      List<String> names =
          attributes.entrySet().stream()
              .filter(e -> e.getValue().stream().anyMatch(a -> a.in(opset)))
              .map(Map.Entry::getKey)
              .toList();
      throw new IllegalArgumentException(
          "the attribute '%s' is not known: %s has %s"
              .formatted(name, where, names.isEmpty() ? "none" : String.join(", ", names)));
    }
    if (known.stream().noneMatch(a -> a.type.isInstance(value))) {
      throw new IllegalArgumentException(
          "the attribute '%s' must be of type %s, got %s"
              .formatted(name, known.get(0).type.getSimpleName(), value));
    }
  }

  private static void requireCount(String where, String what, Count c, List<String> names) {
    int n = names.size();
    if (n < c.least || n > c.most) {
      throw new IllegalArgumentException(
          "%s has %s %s, got %d: %s"
              .formatted(
                  where,
                  c.least == c.most
                      ? c.least
                      : c.most == FOREVER ? "at least " + c.least : c.least + " to " + c.most,
                  what,
                  n,
                  names));
    }
    if (names.subList(0, Math.min(n, c.least)).contains("")) {
      throw new IllegalArgumentException(
          "%s needs its first %d %s, got %s".formatted(where, c.least, what, names));
    }
  }
}
