// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces values of a {@link Tree} by key path. A step into a list is its index, {@code
 * methods[1]}, or the {@code name} or {@code type} of one element, {@code methods.pgd}. Values are
 * written as in the file.
 */
public final class Overrides {
  private static final Pattern STEP = Pattern.compile("([^\\[\\]]+)((?:\\[\\d+])*)");
  private static final Pattern INDEX = Pattern.compile("\\[(\\d+)]");

  private Overrides() {}

  /**
   * Returns the tree with {@code path=value} applied in order. Problems point at {@code
   * <override>}.
   *
   * @throws SpecException if an assignment has no {@code =}, its value is not YAML, or its path
   *     steps into something that does not exist
   */
  public static Tree apply(Tree tree, List<String> assignments) {
    List<Problem> problems = new ArrayList<>();
    Tree out = tree;
    for (String text : assignments) {
      try {
        int eq = text.indexOf('=');
        if (eq <= 0) {
          throw refuse(text, 1, "expected key=value, got '" + text + "'");
        }
        Tree value = value(text, eq);
        out = set(out, text.substring(0, eq).strip(), value);
      } catch (SpecException e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new SpecException(problems);
    }
    return out;
  }

  /** Returns the tree with the value at {@code path} replaced, or added to its parent if absent. */
  public static Tree set(Tree tree, String path, Tree value) {
    List<String> steps = split(path);
    if (steps.isEmpty()) {
      throw refuse(value, "'" + path + "' is not a key path");
    }
    return set(tree, steps, 0, path, value);
  }

  /** Returns the value at {@code path}, or null. */
  public static Tree get(Tree tree, String path) {
    Tree at = tree;
    for (String step : split(path)) {
      at = child(at, step);
    }
    return at;
  }

  /** Returns the node at a path, or the last existing node along it. */
  public static Tree nearest(Tree tree, String path) {
    Tree at = tree;
    for (String step : split(path)) {
      Tree next = child(at, step);
      if (next == null) {
        return at;
      }
      at = next;
    }
    return at;
  }

  /**
   * Returns the steps of a path with list elements as indices, so that equivalent paths are equal.
   */
  public static List<String> steps(Tree tree, String path) {
    List<String> out = new ArrayList<>();
    Tree at = tree;
    for (String step : split(path)) {
      out.add(at instanceof Tree.Items list ? Integer.toString(index(list, step)) : step);
      at = child(at, step);
    }
    return out;
  }

  private static Tree child(Tree tree, String step) {
    if (tree instanceof Tree.Fields f && f.fields().containsKey(step)) {
      return f.fields().get(step).value();
    }
    if (tree instanceof Tree.Items list) {
      int i = index(list, step);
      return i < 0 ? null : list.items().get(i);
    }
    return null;
  }

  /** Returns the steps of a path, none if it is malformed. */
  private static List<String> split(String path) {
    List<String> steps = new ArrayList<>();
    for (String part : path.split("\\.", -1)) {
      Matcher m = STEP.matcher(part);
      if (!m.matches()) {
        return List.of();
      }
      steps.add(m.group(1));
      Matcher index = INDEX.matcher(m.group(2));
      while (index.find()) {
        steps.add(index.group(1));
      }
    }
    return steps;
  }

  private static Tree set(Tree tree, List<String> steps, int at, String path, Tree value) {
    if (at == steps.size()) {
      return value;
    }
    String step = steps.get(at);
    if (tree instanceof Tree.Fields f) {
      Tree.Field old = f.fields().get(step);
      Tree child =
          old != null ? old.value() : new Tree.Fields(value.place(), new LinkedHashMap<>());
      Tree replaced = set(child, steps, at + 1, path, value);
      return f.with(step, new Tree.Field(old != null ? old.keyPlace() : start(value), replaced));
    }
    if (tree instanceof Tree.Items list) {
      int i = index(list, step);
      if (i < 0) {
        throw refuse(
            value,
            "no element '%s' in the list that '%s' steps into; it has %s"
                .formatted(step, path, names(list)));
      }
      List<Tree> copy = new ArrayList<>(list.items());
      copy.set(i, set(copy.get(i), steps, at + 1, path, value));
      return new Tree.Items(list.place(), copy);
    }
    throw refuse(value, "'%s' steps into %s with '%s'".formatted(path, tree.kind(), step));
  }

  /** Returns the place of an override's key: the start of the assignment. */
  private static Place start(Tree value) {
    Place p = value.place();
    return p.source().equals("<override>") ? new Place(p.source(), 1, 1, p.text()) : p;
  }

  private static int index(Tree.Items list, String step) {
    if (step.matches("\\d{1,6}")) {
      int i = Integer.parseInt(step);
      return i < list.items().size() ? i : -1;
    }
    int found = -1;
    for (int i = 0; i < list.items().size(); i++) {
      if (label(list.items().get(i)).equals(step)) {
        if (found >= 0) {
          return -1;
        }
        found = i;
      }
    }
    return found;
  }

  private static String names(Tree.Items list) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < list.items().size(); i++) {
      out.add("[" + i + "] " + label(list.items().get(i)));
    }
    return out.isEmpty() ? "none" : String.join(", ", out);
  }

  /** Returns the {@code name} of a list element, or else its {@code type}, or else its text. */
  private static String label(Tree element) {
    if (element instanceof Tree.Fields f) {
      Map<String, Tree.Field> fields = f.fields();
      for (String key : List.of("name", "type")) {
        if (fields.get(key) != null && fields.get(key).value() instanceof Tree.Scalar s) {
          return s.text();
        }
      }
    }
    return element instanceof Tree.Scalar s ? s.text() : "";
  }

  private static Tree value(String text, int eq) {
    String right = text.substring(eq + 1);
    if (right.isBlank()) {
      throw refuse(text, eq + 2, "'" + text.substring(0, eq) + "' is given no value");
    }
    return move(TreeReader.read("<override>", right), text, eq + 1);
  }

  /** Shifts places from the value to the whole assignment, so that a caret points into it. */
  private static Tree move(Tree tree, String text, int by) {
    Place p = new Place("<override>", 1, tree.place().column() + by, text);
    if (tree instanceof Tree.Scalar s) {
      return new Tree.Scalar(p, s.text(), s.quoted());
    }
    if (tree instanceof Tree.Items list) {
      return new Tree.Items(p, list.items().stream().map(t -> move(t, text, by)).toList());
    }
    Map<String, Tree.Field> out = new LinkedHashMap<>();
    ((Tree.Fields) tree)
        .fields()
        .forEach(
            (k, f) -> {
              Place at = new Place("<override>", 1, f.keyPlace().column() + by, text);
              out.put(k, new Tree.Field(at, move(f.value(), text, by)));
            });
    return new Tree.Fields(p, out);
  }

  private static SpecException refuse(String text, int column, String message) {
    return new SpecException(
        List.of(new Problem(new Place("<override>", 1, column, text), message)));
  }

  private static SpecException refuse(Tree value, String message) {
    return new SpecException(List.of(new Problem(value.place(), message)));
  }
}
