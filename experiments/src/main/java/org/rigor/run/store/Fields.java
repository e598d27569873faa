// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * An object of an untrusted JSON file: whatever its shape, each access returns the value or throws
 * a {@link DamagedException} with file and key.
 */
final class Fields {
  /** Maximum nesting of objects and arrays; the deepest file of a run folder has 9. */
  static final int MOST_LEVELS = 64;

  private final String file;
  private final String path;
  private final JsonObject object;

  private Fields(String file, String path, JsonObject object) {
    this.file = file;
    this.path = path;
    this.object = object;
  }

  /**
   * Reads a file that holds one object.
   *
   * @param file its name in messages
   */
  static Fields read(String file, byte[] bytes) {
    return of(file, "", element(file, bytes));
  }

  /** Reads a file that holds a list of objects. */
  static List<Fields> readList(String file, byte[] bytes) {
    JsonElement e = element(file, bytes);
    if (!(e instanceof JsonArray items)) {
      throw new DamagedException(file, "it must be a list, got " + kind(e));
    }
    List<Fields> out = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      out.add(of(file, "[" + i + "]", items.get(i)));
    }
    return out;
  }

  private static JsonElement element(String file, byte[] bytes) {
    JsonReader reader = new JsonReader(new StringReader(text(file, bytes)));
    reader.setStrictness(Strictness.STRICT);
    reader.setNestingLimit(MOST_LEVELS);
    try {
      JsonElement e = JsonParser.parseReader(reader);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new DamagedException(file, "text follows the JSON");
      }
      return e;
    } catch (IOException | JsonParseException | IllegalStateException e) {
      throw new DamagedException(file, reason(e));
    }
  }

  /** Returns the text of a file that must be UTF-8. */
  static String text(String file, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new DamagedException(file, "it is not UTF-8 text");
    }
  }

  /** Returns the complaint of a JSON reader without its advice. */
  static String reason(Exception e) {
    String said = e.getCause() instanceof IOException c ? c.getMessage() : e.getMessage();
    return "it is not whole JSON"
        + (said == null ? "" : " (" + said.lines().findFirst().orElse("") + ")");
  }

  private static Fields of(String file, String path, JsonElement e) {
    if (e instanceof JsonObject o) {
      return new Fields(file, path, o);
    }
    throw new DamagedException(
        file, (path.isEmpty() ? "it" : path) + " must be an object, got " + kind(e));
  }

  /** Returns the object itself. */
  JsonObject json() {
    return object;
  }

  boolean has(String key) {
    return object.has(key) && !object.get(key).isJsonNull();
  }

  String text(String key) {
    return text(key, get(key));
  }

  boolean flag(String key) {
    if (get(key) instanceof JsonPrimitive p && p.isBoolean()) {
      return p.getAsBoolean();
    }
    throw wrong(key, "true or false", get(key));
  }

  /** Returns a number; infinities and NaN are written as text. */
  double number(String key) {
    return number(key, get(key));
  }

  int integer(String key) {
    return integer(key, get(key));
  }

  long whole(String key) {
    double v = number(key);
    if (v != Math.rint(v) || Math.abs(v) > 1L << 53) {
      throw wrong(key, "a whole number", get(key));
    }
    return (long) v;
  }

  double[] numbers(String key) {
    JsonArray a = array(key);
    double[] out = new double[a.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = number(key + "[" + i + "]", a.get(i));
    }
    return out;
  }

  List<Integer> integers(String key) {
    return list(key, (name, e) -> integer(name, e));
  }

  List<String> texts(String key) {
    return list(key, this::text);
  }

  Fields object(String key) {
    return of(file, name(key), get(key));
  }

  List<Fields> objects(String key) {
    return list(key, (name, e) -> of(file, name(name), e));
  }

  /** Returns the values of an object of texts. */
  Map<String, String> textsByKey(String key) {
    Fields o = object(key);
    Map<String, String> out = new LinkedHashMap<>();
    o.object.keySet().forEach(k -> out.put(k, o.text(k)));
    return out;
  }

  <E extends Enum<E>> E constant(String key, Class<E> type) {
    String text = text(key);
    for (E e : type.getEnumConstants()) {
      if (e.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
        return e;
      }
    }
    throw wrong(key, "one of " + List.of(type.getEnumConstants()), get(key));
  }

  /** Constructs a value from the object; reports what the constructor refuses as damage. */
  <T> T make(Function<Fields, T> constructor) {
    try {
      return constructor.apply(this);
    } catch (IllegalArgumentException e) {
      throw new DamagedException(file, (path.isEmpty() ? "" : path + ": ") + e.getMessage());
    }
  }

  /** Reads an item of a list. */
  private interface Item<T> {
    T read(String name, JsonElement e);
  }

  private <T> List<T> list(String key, Item<T> item) {
    JsonArray a = array(key);
    List<T> out = new ArrayList<>(a.size());
    for (int i = 0; i < a.size(); i++) {
      out.add(item.read(key + "[" + i + "]", a.get(i)));
    }
    return out;
  }

  private JsonArray array(String key) {
    if (get(key) instanceof JsonArray a) {
      return a;
    }
    throw wrong(key, "a list", get(key));
  }

  private JsonElement get(String key) {
    JsonElement e = object.get(key);
    if (e == null) {
      throw new DamagedException(file, name(key) + " is missing");
    }
    return e;
  }

  private String text(String key, JsonElement e) {
    if (e instanceof JsonPrimitive p && p.isString()) {
      return p.getAsString();
    }
    throw wrong(key, "text", e);
  }

  private double number(String key, JsonElement e) {
    if (e instanceof JsonPrimitive p && !p.isBoolean()) {
      try {
        return switch (p.getAsString()) {
          case "inf" -> Double.POSITIVE_INFINITY;
          case "-inf" -> Double.NEGATIVE_INFINITY;
          default -> Double.parseDouble(p.getAsString());
        };
      } catch (NumberFormatException notOne) {
        throw wrong(key, "a number", e);
      }
    }
    throw wrong(key, "a number", e);
  }

  private int integer(String key, JsonElement e) {
    double v = number(key, e);
    if (v != Math.rint(v) || Math.abs(v) > Integer.MAX_VALUE) {
      throw wrong(key, "a whole number", e);
    }
    return (int) v;
  }

  private String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private DamagedException wrong(String key, String wanted, JsonElement got) {
    return new DamagedException(file, name(key) + " must be " + wanted + ", got " + kind(got));
  }

  private static String kind(JsonElement e) {
    if (e instanceof JsonObject) {
      return "an object";
    }
    if (e instanceof JsonArray) {
      return "a list";
    }
    String text = e.toString();
    return text.length() <= 40 ? text : text.substring(0, 37) + "...";
  }
}
