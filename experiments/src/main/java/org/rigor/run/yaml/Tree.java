// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Uninterpreted YAML: text, lists and mappings, each with its place. */
public sealed interface Tree {
  Place place();

  /**
   * @param quoted whether it was quoted and is therefore a string, whatever it looks like
   */
  record Scalar(Place place, String text, boolean quoted) implements Tree {
    boolean isNull() {
      return !quoted && (text.isEmpty() || text.equals("null") || text.equals("~"));
    }
  }

  /** A list. */
  record Items(Place place, List<Tree> items) implements Tree {}

  /** A mapping, in the order of the text. */
  record Fields(Place place, Map<String, Field> fields) implements Tree {
    /** Returns a copy in which {@code key} has the given value. */
    Fields with(String key, Field field) {
      Map<String, Field> copy = new LinkedHashMap<>(fields);
      copy.put(key, field);
      return new Fields(place, copy);
    }

    /** Returns a copy without {@code key}. */
    public Fields without(String key) {
      Map<String, Field> copy = new LinkedHashMap<>(fields);
      copy.remove(key);
      return new Fields(place, copy);
    }
  }

  /**
   * @param keyPlace where the key stands
   */
  record Field(Place keyPlace, Tree value) {}

  /** Returns a description of the node for messages. */
  default String kind() {
    if (this instanceof Scalar s) {
      return s.isNull() ? "nothing" : "'" + s.text() + "'";
    }
    return this instanceof Items ? "a list" : "a mapping";
  }
}
