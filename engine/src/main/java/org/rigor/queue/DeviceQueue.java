// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.List;
import java.util.Map;
import org.rigor.tensor.HostTensor;

/**
 * Work of M models on items 0 to N-1. Items consist of fields; an item's result does not depend on
 * the items around it.
 */
public interface DeviceQueue {
  /**
   * Sets a field of all items; it stays until set anew.
   *
   * @param values [M or 1, N, rest...]
   */
  void put(String field, HostTensor values);

  /**
   * Works on the items of a pool.
   *
   * @param results names of the results to return
   * @return by name, [M, N, rest...]; elements of a model's items outside the pool say nothing
   */
  Map<String, HostTensor> run(Pool pool, List<String> results);
}
