// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.rigor.run.store.DamagedException;
import org.rigor.run.store.RunFolder;

/** Finished work in the run folders beside a run folder. A plan and a run share this search. */
final class Neighbours {
  private Neighbours() {}

  /** Trials or laws that another run has finished. */
  record Found<W>(RunFolder folder, List<W> work) {}

  /**
   * Finds finished work in the neighbouring run folders, in the order of their names; the first
   * with a result counts.
   *
   * @param open work without a result
   * @param id of a piece of work
   * @param results ids of the work for which a run folder has a sound result
   * @param note told of a folder that cannot be read
   */
  static <W> List<Found<W>> find(
      RunFolder folder,
      List<W> open,
      Function<W, String> id,
      BiFunction<RunFolder, List<W>, Set<String>> results,
      Consumer<String> note)
      throws IOException {
    List<Found<W>> out = new ArrayList<>();
    List<W> left = open;
    for (RunFolder other : beside(folder)) {
      if (left.isEmpty()) {
        break;
      }
      try {
        Set<String> there = results.apply(other, left);
        List<W> work = left.stream().filter(w -> there.contains(id.apply(w))).toList();
        if (!work.isEmpty()) {
          out.add(new Found<>(other, work));
          left = left.stream().filter(w -> !there.contains(id.apply(w))).toList();
        }
      } catch (DamagedException e) {
        note.accept("nothing is taken over from " + other.root() + ", " + e.getMessage());
      }
    }
    return out;
  }

  private static List<RunFolder> beside(RunFolder folder) throws IOException {
    Path root = folder.root().toAbsolutePath().normalize();
    Path parent = folder.root().resolveSibling("");
    List<RunFolder> out = new ArrayList<>();
    if (!Files.isDirectory(root.getParent())) {
      return out;
    }
    try (Stream<Path> all = Files.list(root.getParent())) {
      all.filter(p -> !p.equals(root) && Files.isDirectory(p))
          .sorted()
          .forEach(p -> out.add(RunFolder.at(parent.resolve(p.getFileName()))));
    }
    return out;
  }
}
