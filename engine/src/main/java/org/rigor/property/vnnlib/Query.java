// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import java.util.List;
import org.rigor.io.DataException;
import org.rigor.property.Formula;
import org.rigor.property.Property;

/**
 * A VNN-LIB file as read: whether some input meets all assertions with its outputs.
 *
 * @param source the file, for messages
 * @param version such as 1.0 or 2.0
 * @param network its name; N in 1.x, which names none
 * @param input X in 1.x, flat
 * @param output Y in 1.x, flat
 */
public record Query(
    String source,
    String version,
    String network,
    Tensor input,
    Tensor output,
    List<Formula> assertions) {
  public Query {
    assertions = List.copyOf(assertions);
  }

  /**
   * A declared tensor.
   *
   * @param type as written
   * @param dims extents; none for a scalar
   * @param size number of elements
   */
  public record Tensor(String name, String type, List<Integer> dims, int size) {
    /**
     * Declares a tensor.
     *
     * @throws ArithmeticException if it has more than 2^31 - 1 elements
     */
    public Tensor(String name, String type, List<Integer> dims) {
      this(name, type, List.copyOf(dims), dims.stream().reduce(1, Math::multiplyExact));
    }
  }

  /** Returns whether shapes are declared, as of version 2. */
  public boolean shaped() {
    return !version.startsWith("1");
  }

  /**
   * Returns the property that no input meets the assertions.
   *
   * @throws DataException naming an input without bounds
   */
  public Property property() {
    try {
      return Property.of(input.size(), output.size(), assertions);
    } catch (IllegalArgumentException e) {
      throw new DataException(source + ": " + e.getMessage(), e);
    }
  }
}
