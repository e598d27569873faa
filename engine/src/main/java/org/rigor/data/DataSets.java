// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.rigor.io.DataException;

/** The built-in data sets by name; generators come with their default parameters. */
public final class DataSets {
  private static final Map<String, DataSource> BY_NAME = new LinkedHashMap<>();

  static {
    BY_NAME.put("digits", new Digits());
    BY_NAME.put("mnist", MnistFiles.MNIST);
    BY_NAME.put("fashion-mnist", MnistFiles.FASHION_MNIST);
    BY_NAME.put("cifar10", CifarFiles.CIFAR10);
    BY_NAME.put("cifar100", CifarFiles.CIFAR100);
    BY_NAME.put("mnist1d-like", new Mnist1dLike(5000, 42));
    BY_NAME.put("gaussian-mixture", GaussianMixture.strongAndWeak(2000, 20, 1, 0.2, 0));
    BY_NAME.put("gaussian-ring", new GaussianRing(3, 1.5, 15, 100, 0));
    BY_NAME.put("two-moons", new TwoMoons(1000, 0.1, 0));
  }

  private DataSets() {}

  /** Returns the names in list order. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(BY_NAME.keySet());
  }

  /**
   * Returns the data set of that name.
   *
   * @throws DataException if there is no data set of that name
   */
  public static DataSource source(String name) {
    DataSource source = BY_NAME.get(name);
    if (source == null) {
      throw new DataException("there is no data set '" + name + "', known are " + names());
    }
    return source;
  }

  /** Loads a data set by name. */
  public static DataSet load(String name, DataRoots roots) {
    return source(name).load(roots);
  }
}
