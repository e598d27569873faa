// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.rigor.io.CsvLine;
import org.rigor.io.DataException;

/**
 * Reader of {@code instances.csv} as in VNN-COMP: network, property and seconds a line, paths
 * relative to the file, either possibly gzipped beside.
 */
public final class InstanceList {
  private InstanceList() {}

  /**
   * Reads a list.
   *
   * @param seconds for each instance in place of the list's own
   * @throws DataException with the line, if it is damaged, or names several networks in one
   *     instance
   */
  public static List<Instance> read(Path file, OptionalDouble seconds) {
    Path folder = file.toAbsolutePath().getParent();
    List<Instance> all = new ArrayList<>();
    for (CsvLine line : CsvLine.read(file)) {
      String place = file + ":" + line.number() + ": ";
      List<String> cells = line.cells();
      if (cells.size() != 3) {
        throw new DataException(
            place + "expected network,property,seconds, got " + cells.size() + " cells");
      }
      if (cells.get(0).startsWith("[") || cells.get(1).startsWith("[")) {
        throw new DataException(
            place + "an instance of several networks is not supported, got " + cells.get(0));
      }
      all.add(
          new Instance(
              all.size(),
              resolve(folder, cells.get(0), place),
              resolve(folder, cells.get(1), place),
              seconds.orElse(seconds(cells.get(2), place)),
              new Instance.Label(cells.get(0), cells.get(1))));
    }
    if (all.isEmpty()) {
      throw new DataException(file + ": lists no instance");
    }
    return all;
  }

  private static double seconds(String cell, String place) {
    try {
      double s = Double.parseDouble(cell);
      if (s >= 0 && Double.isFinite(s)) {
        return s;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new DataException(place + "expected seconds, got '" + cell + "'");
  }

  /** Returns the named file; the gzipped one beside it where it is missing. */
  private static Path resolve(Path folder, String name, String place) {
    try {
      Path file = folder.resolve(name).normalize();
      Path packed = folder.resolve(name + ".gz").normalize();
      return !Files.exists(file) && Files.exists(packed) ? packed : file;
    } catch (InvalidPathException e) {
      throw new DataException(place + "'" + name + "' is not a path", e);
    }
  }
}
