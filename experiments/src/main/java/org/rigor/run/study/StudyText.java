// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.io.Utf8;
import org.rigor.run.yaml.Overrides;
import org.rigor.run.yaml.Problem;
import org.rigor.run.yaml.SpecException;
import org.rigor.run.yaml.Tree;
import org.rigor.run.yaml.TreeReader;

/**
 * A study file of either kind, read but not bound. Values apply in this order: its own, those of
 * its {@code smoke:} map if the small size is wanted, overrides.
 *
 * @param file the file
 * @param text its unmodified text
 * @param tree with all values applied; without {@code smoke} if that was applied, and without the
 *     top-level {@code type}
 * @param type value of the top-level {@code type}, if present
 * @param problems found so far
 * @param overrides assignments, in order
 * @param smoke whether the small size is wanted
 * @param changed key paths that smoke or an override set
 */
public record StudyText(
    Path file,
    String text,
    Tree tree,
    Optional<String> type,
    List<Problem> problems,
    List<String> overrides,
    boolean smoke,
    Set<String> changed) {
  private static final String SMOKE = "smoke";

  /** The top-level {@code type} of a study of laws; a study of networks has none. */
  public static final String THEORY = "theory";

  /**
   * Reads a file.
   *
   * @throws SpecException if it is not YAML, or a value cannot be set
   * @throws IOException if the file cannot be read
   */
  public static StudyText read(Path file, List<String> overrides, boolean smoke)
      throws IOException {
    TreeReader.Document written = TreeReader.read(file);
    String text = Utf8.withoutMark(Files.readString(file, StandardCharsets.UTF_8));
    Set<String> changed = new LinkedHashSet<>();
    List<Problem> problems = new ArrayList<>(written.problems());
    Tree tree = smoke ? small(written.tree(), changed) : written.tree();
    tree = Overrides.apply(tree, overrides);
    overrides.forEach(o -> changed.add(o.substring(0, o.indexOf('=')).strip()));
    Optional<String> type = Optional.empty();
    if (tree instanceof Tree.Fields f && f.fields().containsKey("type")) {
      Tree given = f.fields().get("type").value();
      if (given instanceof Tree.Scalar s && s.text().equals(THEORY)) {
        type = Optional.of(THEORY);
      } else {
        problems.add(
            new Problem(
                given.place(),
                "type: expected %s, or no 'type' for a study of networks, got %s"
                    .formatted(THEORY, given.kind())));
      }
      tree = f.without("type");
    }
    return new StudyText(
        file, text, tree, type, List.copyOf(problems), List.copyOf(overrides), smoke, changed);
  }

  /** Returns whether the file is a study of laws. */
  public boolean theory() {
    return type.isPresent();
  }

  /**
   * Returns the same study at its small size for checking; empty if there is nothing more to check.
   */
  public Optional<StudyText> inSmall() throws IOException {
    boolean has = tree instanceof Tree.Fields f && f.fields().containsKey(SMOKE);
    // Overrides are meant for the full size and may remove what the small size changes.
    return has && !smoke && overrides.isEmpty()
        ? Optional.of(read(file, overrides, true))
        : Optional.empty();
  }

  private static Tree small(Tree tree, Set<String> changed) {
    if (!(tree instanceof Tree.Fields f)
        || !f.fields().containsKey(SMOKE)
        || !(f.fields().get(SMOKE).value() instanceof Tree.Fields values)) {
      return tree;
    }
    List<Problem> problems = new ArrayList<>();
    Tree out = f.without(SMOKE);
    for (var value : values.fields().entrySet()) {
      try {
        out = Overrides.set(out, value.getKey(), value.getValue().value());
        changed.add(value.getKey());
      } catch (SpecException e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new SpecException(problems);
    }
    return out;
  }
}
