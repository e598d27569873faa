// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.run.yaml.Binder;
import org.rigor.run.yaml.Overrides;
import org.rigor.run.yaml.Problem;
import org.rigor.run.yaml.SpecException;
import org.rigor.run.yaml.Tree;

/**
 * A study as read from a file with overrides applied.
 *
 * @param file the file
 * @param text its unmodified text
 * @param overrides assignments applied to it, in order
 * @param smoke whether the values of its {@code smoke:} map were applied before the overrides
 * @param tree what the study was bound from
 * @param study the study as written, before a point of its grid is applied
 * @param points the study at every grid point, in the order of the file; the last key varies
 *     fastest
 */
public record StudyFile(
    Path file,
    String text,
    List<String> overrides,
    boolean smoke,
    Tree tree,
    Study study,
    List<Point> points)
    implements StudyDocument {

  private static final Pattern PATH = Pattern.compile("([a-z][a-z0-9-]*(?:[.\\[][^\\s:]*)?): .*");

  /** The maximum number of grid points. */
  static final int MAX_POINTS = 100_000;

  /**
   * One point of the grid.
   *
   * @param settings values of the grid's keys, as written
   * @param study the study with these values
   */
  public record Point(Map<String, String> settings, Study study) {}

  /**
   * Reads a study at full size.
   *
   * @throws SpecException with every problem
   * @throws IOException if the file cannot be read
   */
  public static StudyFile read(Path file, List<String> overrides) throws IOException {
    return of(StudyText.read(file, overrides, false));
  }

  /**
   * Binds a study of networks.
   *
   * @throws SpecException with every problem of the study, or else of its small size
   * @throws IOException if the file cannot be read
   */
  public static StudyFile of(StudyText text) throws IOException {
    Binder.Seen seen = new Binder.Seen();
    StudyFile file = bind(text, seen);
    Optional<StudyText> small = text.inSmall();
    if (small.isPresent()) {
      bind(small.get(), seen);
    }
    return file;
  }

  /**
   * Returns a problem found after the study was read.
   *
   * @param message begins with the path of a key and a colon; the path determines the place
   */
  public Problem problem(String message) {
    Matcher path = PATH.matcher(message);
    Tree at = path.matches() ? Overrides.nearest(tree, path.group(1)) : tree;
    return new Problem(at.place(), message);
  }

  @Override
  public Record spec() {
    return study;
  }

  @Override
  public String name() {
    return study.name();
  }

  @Override
  public String title() {
    return study.title();
  }

  private static StudyFile bind(StudyText text, Binder.Seen seen) {
    Tree tree = collapse(text.tree(), text.changed());
    Study base = Binder.bind(tree, Study.class, text.problems(), Study::problems, seen);
    return new StudyFile(
        text.file(),
        text.text(),
        text.overrides(),
        text.smoke(),
        tree,
        base,
        points(tree, base, seen));
  }

  /** Removes from the grid each key that an override or smoke value has fixed. */
  private static Tree collapse(Tree tree, Set<String> changed) {
    if (!(Overrides.get(tree, "sweep.grid") instanceof Tree.Fields grid)) {
      return tree;
    }
    Set<List<String>> set = new HashSet<>();
    changed.forEach(path -> set.add(Overrides.steps(tree, path)));
    Map<String, Tree.Field> kept = new LinkedHashMap<>(grid.fields());
    kept.keySet().removeIf(path -> set.contains(Overrides.steps(tree, path)));
    return Overrides.set(tree, "sweep.grid", new Tree.Fields(grid.place(), kept));
  }

  private static List<Point> points(Tree tree, Study base, Binder.Seen seen) {
    Map<String, List<Tree>> grid = base.sweep().grid();
    if (grid.isEmpty()) {
      return List.of(new Point(Map.of(), base));
    }
    long count = 1;
    for (List<Tree> values : grid.values()) {
      count *= values.size();
      if (count > MAX_POINTS) {
        throw new SpecException(
            List.of(
                new Problem(
                    values.get(0).place(),
                    "sweep.grid: more than " + MAX_POINTS + " combinations")));
      }
    }
    List<Map<String, Tree>> combinations = new ArrayList<>();
    combinations.add(Map.of());
    for (Map.Entry<String, List<Tree>> axis : grid.entrySet()) {
      List<Map<String, Tree>> longer = new ArrayList<>();
      for (Map<String, Tree> c : combinations) {
        for (Tree value : axis.getValue()) {
          Map<String, Tree> next = new LinkedHashMap<>(c);
          next.put(axis.getKey(), value);
          longer.add(next);
        }
      }
      combinations = longer;
    }
    Set<Problem> problems = new LinkedHashSet<>();
    List<Point> out = new ArrayList<>();
    for (Map<String, Tree> c : combinations) {
      point(tree, c, seen, problems, out);
    }
    if (!problems.isEmpty()) {
      throw new SpecException(new ArrayList<>(problems));
    }
    return out;
  }

  private static void point(
      Tree tree,
      Map<String, Tree> values,
      Binder.Seen seen,
      Set<Problem> problems,
      List<Point> out) {
    try {
      Tree set = tree;
      Map<String, String> settings = new LinkedHashMap<>();
      for (Map.Entry<String, Tree> e : values.entrySet()) {
        String top = e.getKey().split("[.\\[]", 2)[0];
        if (Set.of("name", "title", "question", "sweep", "claims", "figures", "smoke")
            .contains(top)) {
          String message = "sweep.grid: '" + e.getKey() + "' cannot be varied";
          throw new SpecException(List.of(new Problem(e.getValue().place(), message)));
        }
        set = Overrides.set(set, e.getKey(), e.getValue());
        settings.put(e.getKey(), Settings.show(e.getValue()));
      }
      out.add(new Point(settings, Binder.bind(set, Study.class, seen)));
    } catch (SpecException e) {
      problems.addAll(e.problems());
    }
  }
}
