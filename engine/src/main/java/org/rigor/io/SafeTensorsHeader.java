// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JSON header of a safetensors file, read strictly: known keys once each, integers as integers.
 *
 * @param entries sorted by their offset
 */
record SafeTensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  private static final int MAX_RANK = 64;
  private static final Pattern PLACE = Pattern.compile(" at line \\d+ column \\d+");

  /** One tensor: its name and type, and the bytes after the header that it claims. */
  record Entry(String name, ElementKind kind, long[] shape, long begin, long end) {}

  static SafeTensorsHeader parse(String file, byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      JsonReader json = new JsonReader(new StringReader(text));
      json.setStrictness(Strictness.STRICT);
      SafeTensorsHeader header = read(file, json);
      if (json.peek() != JsonToken.END_DOCUMENT) {
        throw error(file, "goes on after its closing brace");
      }
      return header;
    } catch (CharacterCodingException e) {
      throw error(file, "is not UTF-8");
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      // Gson throws these for invalid JSON, a wrong type and a malformed number.
      Matcher place = PLACE.matcher(String.valueOf(e.getMessage()));
      throw error(file, "is not valid JSON of the format" + (place.find() ? place.group() : ""));
    }
  }

  private static SafeTensorsHeader read(String file, JsonReader json) throws IOException {
    List<Entry> entries = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    Set<String> names = new HashSet<>();
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (!names.add(name)) {
        throw error(file, "names '" + name + "' twice");
      }
      if (name.equals(SafeTensors.METADATA)) {
        readMetadata(file, json, metadata);
      } else {
        entries.add(entry(file, name, json));
      }
    }
    json.endObject();
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    return new SafeTensorsHeader(entries, metadata);
  }

  private static void readMetadata(String file, JsonReader json, Map<String, String> into)
      throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      if (json.peek() != JsonToken.STRING) {
        throw error(file, "must have text for the metadata '" + key + "'");
      }
      if (into.put(key, json.nextString()) != null) {
        throw error(file, "names the metadata '" + key + "' twice");
      }
    }
    json.endObject();
  }

  private static Entry entry(String file, String name, JsonReader json) throws IOException {
    ElementKind kind = null;
    long[] shape = null;
    long[] offsets = null;
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      boolean twice;
      switch (key) {
        case "dtype" -> {
          twice = kind != null;
          kind = kind(file, name, json.nextString());
        }
        case "shape" -> {
          twice = shape != null;
          shape = longs(file, name, json);
        }
        case "data_offsets" -> {
          twice = offsets != null;
          offsets = longs(file, name, json);
        }
        default -> throw error(file, "has the unknown key '" + key + "' in '" + name + "'");
      }
      if (twice) {
        throw error(file, "has the key '" + key + "' twice in '" + name + "'");
      }
    }
    json.endObject();
    if (kind == null || shape == null || offsets == null || offsets.length != 2) {
      throw error(file, "must give '" + name + "' a dtype, a shape and two data_offsets");
    }
    return new Entry(name, kind, shape, offsets[0], offsets[1]);
  }

  private static long[] longs(String file, String name, JsonReader json) throws IOException {
    List<Long> values = new ArrayList<>();
    json.beginArray();
    while (json.hasNext()) {
      String digits = json.peek() == JsonToken.NUMBER ? json.nextString() : "?";
      if (!digits.matches("\\d{1,18}") || values.size() == MAX_RANK) {
        throw error(
            file, "must have at most " + MAX_RANK + " integers from 0 up in '" + name + "'");
      }
      values.add(Long.parseLong(digits));
    }
    json.endArray();
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private static ElementKind kind(String file, String name, String dtype) {
    for (ElementKind k : ElementKind.values()) {
      if (k.name().equals(dtype)) {
        return k;
      }
    }
    throw error(
        file,
        "gives '"
            + name
            + "' the dtype '"
            + dtype
            + "', read are "
            + List.of(ElementKind.values()));
  }

  private static DataException error(String file, String problem) {
    return new DataException(file + ": the safetensors header " + problem);
  }
}
