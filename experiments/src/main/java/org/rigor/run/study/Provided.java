// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Tree;

/**
 * What a study provides for its claims and figures to name.
 *
 * @param methods names of its methods
 * @param histories what its probe records over training
 * @param grid values by key
 */
record Provided(
    List<String> methods,
    List<String> histories,
    Map<String, List<Tree>> grid,
    Quantities quantities) {

  static Provided by(TrainingSpec training, Quantities quantities, SweepSpec sweep) {
    List<String> histories = new ArrayList<>();
    training
        .shared()
        .probe()
        .ifPresent(
            probe -> {
              for (ProbeSpec.Split split : probe.splits()) {
                Quantities.histories(probe)
                    .forEach(q -> histories.add(Quantities.history(split, q.name())));
              }
            });
    return new Provided(
        training.methods().stream().map(MethodSpec::name).toList(),
        histories,
        sweep.grid(),
        quantities);
  }

  /**
   * Returns the values of a grid key as text.
   *
   * @throws IllegalArgumentException if the grid has no such key
   */
  List<String> values(String where, String path) {
    List<Tree> values = grid.get(path);
    if (values == null) {
      throw new IllegalArgumentException(
          "%s names the grid key '%s'%s; the grid has %s"
              .formatted(
                  where,
                  path,
                  Names.hint(path, grid.keySet()),
                  grid.isEmpty() ? "none" : String.join(", ", grid.keySet())));
    }
    return values.stream().map(Settings::show).toList();
  }
}
