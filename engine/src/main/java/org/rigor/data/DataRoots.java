// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rigor.io.DataException;

/**
 * The folders searched for data sets; the first that has the data set wins. A data set NAME is in
 * the folder NAME of a root.
 */
public record DataRoots(List<Root> roots) {
  private static final String VARIABLE = "RIGOR_DATA";

  /**
   * @param origin why this folder is in the list, such as {@code --data-dir}
   */
  public record Root(String origin, Path folder) {}

  public DataRoots {
    roots = List.copyOf(roots);
  }

  /** Returns a list of one root. */
  public static DataRoots only(Path folder) {
    return new DataRoots(List.of(new Root("given folder", folder)));
  }

  /**
   * Returns the usual roots in order: {@code --data-dir}, the variable RIGOR_DATA, {@code
   * ~/.cache/rigor/data}, the folder of Debian's packages.
   *
   * @param dataDir the option's value, or null
   * @throws DataException if a folder that the user named does not exist
   */
  public static DataRoots standard(Path dataDir) {
    List<Root> roots = new ArrayList<>();
    if (dataDir != null) {
      roots.add(new Root("--data-dir", existing("--data-dir", dataDir)));
    }
    String variable = System.getenv(VARIABLE);
    if (variable != null && !variable.isBlank()) {
      roots.add(new Root("$" + VARIABLE, existing("$" + VARIABLE, Path.of(variable))));
    }
    roots.add(new Root("cache", Path.of(System.getProperty("user.home"), ".cache/rigor/data")));
    roots.add(new Root("Debian", Path.of("/usr/share/datasets")));
    return new DataRoots(roots);
  }

  private static Path existing(String origin, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(origin + " names " + folder + ", which is not a folder");
    }
    return folder;
  }
}
