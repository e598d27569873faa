// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import org.rigor.io.DataException;

/** A source of a data set: embedded, from files, or generated. */
@FunctionalInterface
public interface DataSource {
  /**
   * Loads or generates the data set; equal sources give equal bits.
   *
   * @param roots where to look for files
   * @throws DataException if files are missing or not valid
   */
  DataSet load(DataRoots roots);
}
