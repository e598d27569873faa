// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The declaration of one key, read from a record component and its annotations. Validation, {@code
 * explain} and the JSON Schema all derive from it.
 *
 * @param name kebab-case name
 * @param type Java type of the component
 * @param doc one sentence, or empty
 * @param defaultText YAML text of the default; empty if the key is required
 * @param range limits on its numbers
 * @param length limits on its number of elements
 * @param orCount whether a single n stands for 0..n-1
 * @param perModel whether its value may differ within a pack
 * @param source supplies the texts it accepts; empty if it accepts any
 */
public record KeySpec(
    String name,
    Type type,
    String doc,
    Optional<String> defaultText,
    Limits range,
    Limits length,
    boolean orCount,
    boolean perModel,
    Optional<Class<? extends OneOf.Source>> source) {

  /** An interval, closed at each end that is not marked open. */
  public record Limits(double min, double max, boolean minOpen, boolean maxOpen) {
    boolean contains(double v) {
      return (minOpen ? v > min : v >= min) && (maxOpen ? v < max : v <= max);
    }

    boolean bounded() {
      return min != Double.NEGATIVE_INFINITY || max != Double.POSITIVE_INFINITY;
    }

    /** Returns for example {@code > 0} or {@code >= 0 and < 1}. */
    String words() {
      String low =
          min == Double.NEGATIVE_INFINITY ? "" : (minOpen ? "> " : ">= ") + Numbers.show(min);
      String high =
          max == Double.POSITIVE_INFINITY ? "" : (maxOpen ? "< " : "<= ") + Numbers.show(max);
      return low + (low.isEmpty() || high.isEmpty() ? "" : " and ") + high;
    }
  }

  private static final Limits ANY_LENGTH = new Limits(0, 100_000, false, false);
  private static final Limits ANY =
      new Limits(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false, false);

  /** The JDK parses annotations anew for each array of components it returns. */
  private static final ClassValue<List<RecordComponent>> COMPONENTS =
      new ClassValue<>() {
        @Override
        protected List<RecordComponent> computeValue(Class<?> record) {
          return List.of(record.getRecordComponents());
        }
      };

  /** The keys of a record: reading the annotations of one takes longer than binding it. */
  private static final ClassValue<List<KeySpec>> KEYS =
      new ClassValue<>() {
        @Override
        protected List<KeySpec> computeValue(Class<?> record) {
          return List.copyOf(read(record));
        }
      };

  /** The values of {@code type:} that select a record. */
  private static final ClassValue<Set<String>> TYPE_NAMES =
      new ClassValue<>() {
        @Override
        protected Set<String> computeValue(Class<?> record) {
          TypeNames names = record.getAnnotation(TypeNames.class);
          return names == null
              ? Set.of(typeName(record))
              : Collections.unmodifiableSet(
                  new LinkedHashSet<>(make(names.value()).sentences().keySet()));
        }
      };

  /** The subtypes of a sealed interface, which the JDK looks up anew at each call; else none. */
  private static final ClassValue<List<Class<?>>> PERMITTED =
      new ClassValue<>() {
        @Override
        protected List<Class<?>> computeValue(Class<?> c) {
          return c.isSealed() ? List.of(c.getPermittedSubclasses()) : List.of();
        }
      };

  /** Returns the components of a record, the same objects at each call. */
  static List<RecordComponent> components(Class<?> record) {
    return COMPONENTS.get(record);
  }

  /**
   * Returns the keys of a record in the order of its components, with inlined records flattened.
   */
  public static List<KeySpec> of(Class<?> record) {
    return KEYS.get(record);
  }

  private static List<KeySpec> read(Class<?> record) {
    List<KeySpec> keys = new ArrayList<>();
    for (RecordComponent c : components(record)) {
      if (c.isAnnotationPresent(Inline.class)) {
        keys.addAll(inlined(c));
      } else if (!holdsType(c)) {
        keys.add(of(c));
      }
    }
    return keys;
  }

  /** Returns whether a component holds the value of {@code type:} that selected its record. */
  static boolean holdsType(RecordComponent c) {
    return c.getName().equals("type")
        && c.getDeclaringRecord().isAnnotationPresent(TypeNames.class);
  }

  /** Returns the keys of an inlined component with the defaults for this use. */
  static List<KeySpec> inlined(RecordComponent c) {
    Map<String, String> defaults = new TreeMap<>();
    for (String d : c.getAnnotation(Inline.class).value()) {
      int at = d.indexOf('=');
      defaults.put(d.substring(0, at), d.substring(at + 1));
    }
    List<KeySpec> keys = of(c.getType());
    List<String> names = keys.stream().map(KeySpec::name).toList();
    if (!names.containsAll(defaults.keySet())) {
      throw new IllegalStateException(
          c + " has defaults of " + defaults.keySet() + ", keys there are " + names);
    }
    return keys.stream()
        .map(k -> defaults.containsKey(k.name) ? k.withDefault(defaults.get(k.name)) : k)
        .toList();
  }

  private static KeySpec of(RecordComponent c) {
    Range range = c.getAnnotation(Range.class);
    Length length = c.getAnnotation(Length.class);
    Default d = c.getAnnotation(Default.class);
    Doc doc = c.getAnnotation(Doc.class);
    return new KeySpec(
        Names.kebab(c.getName()),
        c.getGenericType(),
        doc == null ? "" : doc.value(),
        d == null ? Optional.empty() : Optional.of(d.value()),
        range == null
            ? ANY
            : new Limits(range.min(), range.max(), range.minOpen(), range.maxOpen()),
        length == null ? ANY_LENGTH : new Limits(length.min(), length.max(), false, false),
        c.isAnnotationPresent(OrCount.class),
        c.isAnnotationPresent(PerModel.class),
        c.isAnnotationPresent(OneOf.class)
            ? Optional.of(c.getAnnotation(OneOf.class).value())
            : Optional.empty());
  }

  private KeySpec withDefault(String text) {
    return new KeySpec(
        name, type, doc, Optional.of(text), range, length, orCount, perModel, source);
  }

  /** Returns the texts it accepts, or each of its elements, those of plugins too; empty for any. */
  public List<String> names() {
    return source.map(s -> make(s).names()).orElse(List.of());
  }

  /** Returns whether the key may be left out. */
  public boolean optional() {
    return defaultText.isPresent() || raw(type) == Optional.class;
  }

  /** Returns the value of {@code type:} that selects this record of a family. */
  public static String typeOf(Object record) {
    Class<?> c = record.getClass();
    if (!c.isAnnotationPresent(TypeNames.class)) {
      return typeName(c);
    }
    try {
      return (String) c.getMethod("type").invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(c + " must be a public record with a component 'type'", e);
    }
  }

  /** Returns the sentence that explains a record, as one value of {@code type:} selects it. */
  static String doc(Class<?> record, String type) {
    TypeNames names = record.getAnnotation(TypeNames.class);
    if (names != null && type != null) {
      return make(names.value()).sentences().get(type);
    }
    Doc doc = record.getAnnotation(Doc.class);
    return doc == null ? "" : doc.value();
  }

  /**
   * Returns the value of {@code type:} that selects this record.
   *
   * @throws IllegalStateException if there are several
   */
  public static String typeName(Class<?> record) {
    if (record.isAnnotationPresent(TypeNames.class)) {
      throw new IllegalStateException(record + " has several names: ask an instance");
    }
    TypeName name = record.getAnnotation(TypeName.class);
    return name == null ? Names.kebab(record.getSimpleName()) : name.value();
  }

  /**
   * Returns whether {@code type:} selects among several records: a sealed or {@link Listed} family.
   */
  static boolean isFamily(Class<?> c) {
    return c.isInterface() && (!PERMITTED.get(c).isEmpty() || c.isAnnotationPresent(Listed.class));
  }

  /**
   * Returns the records of a family by {@code type:}. They are sorted because without a permits
   * clause the compiler may list them in any order.
   *
   * @throws IllegalStateException if two share a name
   */
  public static Map<String, Class<?>> variants(Class<?> family) {
    Map<String, Class<?>> out = new TreeMap<>();
    for (Class<?> c : members(family)) {
      for (String name : TYPE_NAMES.get(c)) {
        Class<?> before = out.put(name, c);
        if (before != null) {
          throw new IllegalStateException(
              "%s and %s are both 'type: %s'".formatted(before, c, name));
        }
      }
    }
    return out;
  }

  private static List<? extends Class<?>> members(Class<?> family) {
    Listed listed = family.getAnnotation(Listed.class);
    if (listed == null) {
      List<Class<?>> out = new ArrayList<>();
      for (Class<?> c : PERMITTED.get(family)) {
        if (isFamily(c)) {
          out.addAll(members(c));
        } else {
          out.add(c);
        }
      }
      return out;
    }
    return make(listed.value()).records();
  }

  static <T> T make(Class<T> source) {
    try {
      return source.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(source + " must have a public constructor", e);
    }
  }

  /** Returns the names of an enum's constants as spelled in YAML. */
  static List<String> constants(Class<?> enumType) {
    return Arrays.stream(enumType.getEnumConstants())
        .map(e -> Names.kebab(((Enum<?>) e).name()))
        .toList();
  }

  static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType p ? p.getRawType() : type);
  }

  static Type argument(Type type, int i) {
    return ((ParameterizedType) type).getActualTypeArguments()[i];
  }

  /** Returns what a value of a type is called in messages. */
  static String words(Class<?> c) {
    if (c == String.class) {
      return "text";
    }
    if (c == boolean.class || c == Boolean.class) {
      return "true or false";
    }
    if (c.isEnum()) {
      return "one of " + String.join(", ", constants(c));
    }
    return c == double.class || c == Double.class ? "a number" : "a whole number";
  }
}
