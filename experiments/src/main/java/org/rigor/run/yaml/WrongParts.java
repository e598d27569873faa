// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Thrown by a compact constructor that found several problems in its mapping; the {@link Binder}
 * locates each in the text.
 */
public final class WrongParts extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<Part> parts;

  /**
   * One thing wrong.
   *
   * @param path of the part relative to the mapping, for example {@code claims[1].of}; a part that
   *     is not in the text is placed at the nearest enclosing mapping or list
   * @param message what was required and what was found
   */
  public record Part(String path, String message) {}

  /**
   * @param parts at least one
   */
  public WrongParts(List<Part> parts) {
    super(parts.stream().map(Part::message).collect(Collectors.joining("; ")));
    this.parts = List.copyOf(parts);
  }

  public List<Part> parts() {
    return parts;
  }
}
