// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Binds a {@link Tree} to records by component name. A component is a number, boolean, string,
 * enum, record, sealed or {@link Listed} interface (selected by {@code type:}), {@code List},
 * {@code Map} from strings, {@code Optional} or an unread {@code Tree}. An {@code
 * IllegalArgumentException} from a compact constructor is reported as a problem of its mapping.
 */
public final class Binder {
  /** Values of defaults, by their text. */
  private static final Map<String, Tree> DEFAULTS = new ConcurrentHashMap<>();

  private final List<Problem> problems = new ArrayList<>();
  private final Class<?> top;
  private final Check check;
  private final Seen seen;

  private Binder(Class<?> top, Check check, Seen seen) {
    this.top = top;
    this.check = check;
    this.seen = seen;
  }

  /**
   * Values that were bound without a problem. Trees made from one another by {@link Overrides#set}
   * share whatever lies beside the path; bound with one of these, they share its values too.
   */
  public static final class Seen {
    private final Map<Tree, Map<KeySpec, Object>> values = new IdentityHashMap<>();

    private Object get(Tree tree, KeySpec key) {
      Map<KeySpec, Object> of = values.get(tree);
      return of == null ? null : of.get(key);
    }

    private void put(Tree tree, KeySpec key, Object value) {
      values.computeIfAbsent(tree, t -> new IdentityHashMap<>()).put(key, value);
    }
  }

  /**
   * Checks the components of a record, given by key, against each other. A component that failed to
   * bind is absent; a list element that failed to bind is null.
   */
  @FunctionalInterface
  public interface Check {
    List<WrongParts.Part> of(Map<String, Object> parts);
  }

  /** Returns the record; throws a {@link SpecException} with every problem found. */
  public static <T> T bind(Tree tree, Class<T> type) {
    return bind(tree, type, List.of());
  }

  /**
   * Returns the record.
   *
   * @param earlier problems found before, which are reported with those found now
   * @throws SpecException with every problem, in the order of the text
   */
  public static <T> T bind(Tree tree, Class<T> type, List<Problem> earlier) {
    return bind(tree, type, earlier, parts -> List.of(), new Seen());
  }

  /** Returns the record, made of what was seen where it can be. */
  public static <T> T bind(Tree tree, Class<T> type, Seen seen) {
    return bind(tree, type, List.of(), parts -> List.of(), seen);
  }

  /**
   * Returns the record.
   *
   * @param earlier problems found before, which are reported with those found now
   * @param check asked for the whole record where its constructor cannot be called
   * @param seen what was bound before, to which this adds
   * @throws SpecException with every problem, in the order of the text
   */
  public static <T> T bind(
      Tree tree, Class<T> type, List<Problem> earlier, Check check, Seen seen) {
    Binder binder = new Binder(type, check, seen);
    binder.problems.addAll(earlier);
    Object value = binder.value(tree, type, null, "");
    if (!binder.problems.isEmpty()) {
      binder.problems.sort(
          Comparator.comparing((Problem p) -> p.place().source())
              .thenComparingInt(p -> p.place().line())
              .thenComparingInt(p -> p.place().column()));
      throw new SpecException(binder.problems);
    }
    return type.cast(value);
  }

  private Object value(Tree tree, Type type, KeySpec key, String path) {
    Class<?> c = KeySpec.raw(type);
    if (c == Tree.class) {
      return tree;
    }
    if (c == Optional.class) {
      return Optional.ofNullable(value(tree, KeySpec.argument(type, 0), key, path));
    }
    if (c == List.class) {
      return list(tree, KeySpec.argument(type, 0), key, path);
    }
    if (c == Map.class) {
      return map(tree, KeySpec.argument(type, 1), key, path);
    }
    if (c.isRecord()) {
      return record(tree, c, null, path);
    }
    if (KeySpec.isFamily(c)) {
      return variant(tree, c, path);
    }
    return scalar(tree, c, key, path);
  }

  private Object scalar(Tree tree, Class<?> c, KeySpec key, String path) {
    try {
      Object value = Scalars.read(tree, c, key);
      // @Length on a list of strings limits the list, not its strings.
      return value instanceof String text && (key == null || KeySpec.raw(key.type()) != List.class)
          ? sized(text, text.length(), tree, key, path, "characters")
          : value;
    } catch (IllegalArgumentException e) {
      return fail(tree, "%s: %s", path, e.getMessage());
    }
  }

  private Object list(Tree tree, Type element, KeySpec key, String path) {
    List<Tree> items = items(tree, key, path);
    if (items == null) {
      return null;
    }
    List<Object> out = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      out.add(value(items.get(i), element, key, path + "[" + i + "]"));
    }
    return sized(Collections.unmodifiableList(out), out.size(), tree, key, path, "elements");
  }

  private List<Tree> items(Tree tree, KeySpec key, String path) {
    if (tree instanceof Tree.Items list) {
      return list.items();
    }
    if (tree instanceof Tree.Scalar s) {
      if (s.text().matches("(range|linspace|logspace)\\([^)]*")) {
        fail(tree, "%s: inside { } or [ ] a rule needs quotes: '%s, ...)'", path, s.text());
        return null;
      }
      try {
        if (Series.looksLikeOne(s.text())) {
          return Series.expand(s.text()).stream().map(t -> at(s, t)).toList();
        }
        if (key != null && key.orCount()) {
          long n = Numbers.parseWhole(s.text());
          if (n < Math.max(1, key.length().min()) || n > key.length().max()) {
            fail(tree, "%s: a count must be %s, got %s", path, key.length().words(), s.text());
            return null;
          }
          List<Tree> out = new ArrayList<>();
          for (long i = 0; i < n; i++) {
            out.add(at(s, Long.toString(i)));
          }
          return out;
        }
      } catch (NumberFormatException e) {
        fail(tree, "%s: %s", path, e.getMessage());
        return null;
      }
    }
    fail(tree, "%s: expected a list, got %s", path, tree.kind());
    return null;
  }

  private static Tree at(Tree.Scalar s, String text) {
    return new Tree.Scalar(s.place(), text, false);
  }

  private Object map(Tree tree, Type element, KeySpec key, String path) {
    if (!(tree instanceof Tree.Fields f)) {
      return fail(tree, "%s: expected a mapping, got %s", path, tree.kind());
    }
    Map<String, Object> out = new LinkedHashMap<>();
    f.fields().forEach((k, v) -> out.put(k, value(v.value(), element, key, join(path, k))));
    return sized(Collections.unmodifiableMap(out), out.size(), tree, key, path, "entries");
  }

  private Object sized(Object v, int n, Tree tree, KeySpec key, String path, String unit) {
    if (key == null
        || key.length().contains(n)
        || KeySpec.raw(key.type()) == Map.class && unit.equals("elements")) {
      return v;
    }
    if (n == 0) {
      return fail(tree, "%s: must not be empty", path);
    }
    return fail(tree, "%s: must have %s %s, got %d", path, key.length().words(), unit, n);
  }

  private Object variant(Tree tree, Class<?> c, String path) {
    Map<String, Class<?>> known = KeySpec.variants(c);
    String names = String.join(", ", known.keySet());
    if (tree instanceof Tree.Scalar s && known.containsKey(s.text())) {
      return record(new Tree.Fields(s.place(), Map.of()), known.get(s.text()), s.text(), path);
    }
    if (!(tree instanceof Tree.Fields f)) {
      return fail(
          tree, "%s: expected a mapping with 'type' one of %s, got %s", path, names, tree.kind());
    }
    Tree.Field given = f.fields().get("type");
    if (given == null) {
      return fail(tree, "%s: missing key 'type', one of %s", path, names);
    }
    if (!(given.value() instanceof Tree.Scalar s) || !known.containsKey(s.text())) {
      String hint =
          given.value() instanceof Tree.Scalar s ? Names.hint(s.text(), known.keySet()) : "";
      return fail(
          given.value(),
          "%s: expected one of %s, got %s%s",
          join(path, "type"),
          names,
          given.value().kind(),
          hint);
    }
    return record(f.without("type"), known.get(s.text()), s.text(), path);
  }

  /**
   * @param type the value of {@code type:} that selected the record; null if none did
   */
  private Object record(Tree tree, Class<?> c, String type, String path) {
    if (!(tree instanceof Tree.Fields f)) {
      return fail(
          tree, "%s: expected a mapping, got %s", path.isEmpty() ? "study" : path, tree.kind());
    }
    List<KeySpec> keys = KeySpec.of(c);
    List<String> names = keys.stream().map(KeySpec::name).toList();
    int before = problems.size();
    Set<String> misspelt = new HashSet<>();
    f.fields()
        .forEach(
            (k, field) -> {
              if (!names.contains(k)) {
                Names.nearest(k, names).ifPresent(misspelt::add);
                problems.add(
                    new Problem(
                        field.keyPlace(),
                        "unknown key '%s'%s; known here: %s"
                            .formatted(
                                join(path, k), Names.hint(k, names), String.join(", ", names))));
              }
            });
    return build(f, c, type, keys, misspelt, path, before);
  }

  /**
   * Builds a record from its keys in a mapping; returns null if the mapping has a problem.
   *
   * @param before number of problems known before the mapping was read
   */
  private Object build(
      Tree.Fields f,
      Class<?> c,
      String type,
      List<KeySpec> keys,
      Set<String> misspelt,
      String path,
      int before) {
    List<RecordComponent> components = KeySpec.components(c);
    Object[] args = new Object[components.size()];
    int at = 0;
    for (int i = 0; i < args.length; i++) {
      if (components.get(i).isAnnotationPresent(Inline.class)) {
        Class<?> inner = components.get(i).getType();
        int n = KeySpec.of(inner).size();
        args[i] = build(f, inner, null, keys.subList(at, at + n), misspelt, path, before);
        at += n;
      } else if (KeySpec.holdsType(components.get(i))) {
        args[i] = type;
      } else {
        args[i] = given(f, keys.get(at++), misspelt, path);
      }
    }
    if (problems.size() == before) {
      return construct(f, c, args, path);
    }
    if (c == top) {
      Map<String, Object> parts = new HashMap<>();
      for (int i = 0; i < args.length; i++) {
        if (args[i] != null) {
          parts.put(Names.kebab(components.get(i).getName()), args[i]);
        }
      }
      fail(f, check.of(parts));
    }
    return null;
  }

  private void fail(Tree tree, List<WrongParts.Part> parts) {
    for (WrongParts.Part p : parts) {
      problems.add(new Problem(Overrides.nearest(tree, p.path()).place(), p.message()));
    }
  }

  /** Binds the value of a key or its default; reports a required key that is missing. */
  private Object given(Tree.Fields f, KeySpec key, Set<String> misspelt, String path) {
    Tree.Field given = f.fields().get(key.name());
    String at = join(path, key.name());
    if (given != null) {
      return once(given.value(), key, at);
    }
    if (key.defaultText().isPresent()) {
      return once(standard(key.defaultText().get()), key, at);
    }
    if (KeySpec.raw(key.type()) == Optional.class) {
      return Optional.empty();
    }
    return misspelt.contains(key.name())
        ? null
        : fail(f, "missing key '%s'%s", at, key.doc().isEmpty() ? "" : ": " + key.doc());
  }

  private Object once(Tree tree, KeySpec key, String path) {
    Object known = seen.get(tree, key);
    if (known != null) {
      return known;
    }
    int before = problems.size();
    Object value = value(tree, key.type(), key, path);
    if (value != null && problems.size() == before) {
      seen.put(tree, key, value);
    }
    return value;
  }

  private static Tree standard(String defaultText) {
    return DEFAULTS.computeIfAbsent(defaultText, text -> TreeReader.read("<default>", text));
  }

  private Object construct(Tree tree, Class<?> c, Object[] args, String path) {
    try {
      Class<?>[] types =
          KeySpec.components(c).stream().map(RecordComponent::getType).toArray(Class<?>[]::new);
      return c.getDeclaredConstructor(types).newInstance(args);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof WrongParts wrong) {
        fail(tree, wrong.parts());
        return null;
      }
      if (e.getCause() instanceof IllegalArgumentException wrong) {
        return fail(tree, "%s%s", path.isEmpty() ? "" : path + ": ", wrong.getMessage());
      }
      throw new IllegalStateException("constructor of " + c.getName() + " failed", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(c.getName() + " must be a public record", e);
    }
  }

  private Object fail(Tree tree, String format, Object... args) {
    problems.add(new Problem(tree.place(), format.formatted(args)));
    return null;
  }

  static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
