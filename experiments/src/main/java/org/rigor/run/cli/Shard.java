// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A part of a study's trials or laws, chosen by their ids, so that machines share a study without
 * communicating. A run of the whole adopts the parts gathered in one folder.
 *
 * @param index from 1
 * @param count at least {@code index}
 */
record Shard(int index, int count) {
  static final Shard ALL = new Shard(1, 1);

  static final class Converter implements ITypeConverter<Shard> {
    @Override
    public Shard convert(String text) {
      String[] parts = text.split("/", -1);
      try {
        int i = Integer.parseInt(parts[0]);
        int n = Integer.parseInt(parts[1]);
        if (parts.length == 2 && 1 <= i && i <= n) {
          return new Shard(i, n);
        }
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        // Said below.
      }
      throw new TypeConversionException("expected i/n with 1 <= i <= n, got '" + text + "'");
    }
  }

  /** Returns whether the trial with this hexadecimal id belongs to this part. */
  boolean has(String id) {
    return Long.remainderUnsigned(Long.parseUnsignedLong(id.substring(0, 16), 16), count)
        == index - 1;
  }

  boolean whole() {
    return count == 1;
  }

  /** Returns the suffix of the run folder's name. */
  String suffix() {
    return whole() ? "" : "+shard-%d-of-%d".formatted(index, count);
  }

  @Override
  public String toString() {
    return index + "/" + count;
  }
}
