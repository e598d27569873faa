// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.DataException;

/** The published data sets by the names that studies use. */
public final class DataSets {
  private static final Map<String, Entry> ALL = new LinkedHashMap<>();

  static {
    whole("digits", new Digits(), "UCI optical digits, 8 x 8, 1,797 images, values in [0, 1].");
    parted("mnist", MnistFiles.MNIST, "Handwritten digits, 28 x 28: the four published files.");
    parted(
        "fashion-mnist",
        MnistFiles.FASHION_MNIST,
        "Articles of clothing, 28 x 28: the four published files.");
    parted(
        "cifar10", CifarFiles.CIFAR10, "Colour images of 10 classes, 32 x 32: the binary version.");
    parted(
        "cifar100",
        CifarFiles.CIFAR100,
        "Colour images of 100 classes, 32 x 32: the binary version.");
  }

  /**
   * @param sentence what it holds
   * @param parted whether it is published as a training and a test part
   */
  private record Entry(DataSource source, String sentence, boolean parted) {}

  private DataSets() {}

  private static void whole(String name, DataSource source, String sentence) {
    ALL.put(name, new Entry(source, sentence, false));
  }

  private static void parted(String name, DataSource source, String sentence) {
    ALL.put(name, new Entry(source, sentence, true));
  }

  /**
   * Returns the names in list order.
   *
   * @param parted true for those published as a training and a test part, false for the others
   */
  public static List<String> names(boolean parted) {
    return ALL.keySet().stream().filter(n -> ALL.get(n).parted() == parted).toList();
  }

  /**
   * Returns the sentence that says what a data set holds.
   *
   * @throws DataException if there is no data set of that name
   */
  public static String sentence(String name) {
    return entry(name).sentence();
  }

  /**
   * Loads a data set by name.
   *
   * @throws DataException if there is no data set of that name, or its files are missing or not
   *     valid
   */
  public static DataSet load(String name, DataRoots roots) {
    return entry(name).source().load(roots);
  }

  private static Entry entry(String name) {
    Entry entry = ALL.get(name);
    if (entry == null) {
      throw new DataException(
          "there is no data set '%s', known are %s"
              .formatted(name, String.join(", ", ALL.keySet())));
    }
    return entry;
  }
}
