// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Thrown by a compact constructor that found several things wrong with parts of its mapping; the
 * {@link Binder} gives each its place.
 */
public final class WrongParts extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<Part> parts;

  /**
   * One thing wrong.
   *
   * @param path of the part from the mapping on, for example {@code claims[1].of}; what is not
   *     written there is placed at the nearest mapping or list around it
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
