// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rigor.io.DataException;
import org.rigor.io.Npy;
import org.rigor.io.SafeTensors;
import org.rigor.run.store.RunFolder;
import org.rigor.run.trial.Trial;
import org.rigor.tensor.HostTensor;

/** A comparison of two trials' files by content: networks and arrays. */
final class FileContents {
  private static final String MODELS = "tensors of networks";
  private static final String ARRAYS = "arrays";

  /** Attacked samples: the end of a trajectory, which no other device reproduces. */
  private static final String WITNESS = "-witness.npy";

  private final RunFolder before;
  private final RunFolder again;
  private final Tally tally;

  FileContents(RunFolder before, RunFolder again, Tally tally) {
    this.before = before;
    this.again = again;
    this.tally = tally;
  }

  /**
   * Returns how close two networks are; empty if the first is not stored.
   *
   * @param exact whether equal bits are required
   */
  Optional<Closeness> networks(String key, Trial t, Trial u, boolean exact) {
    Optional<Path> a = before.existing(t.modelPath());
    Optional<Path> b = again.existing(u.modelPath());
    if (a.isEmpty() || b.isEmpty()) {
      if (a.isPresent()) {
        tally.differs(key + ", network", "stored", "not stored", "stored");
      }
      return exact ? Optional.of(Closeness.bits()) : Optional.empty();
    }
    if (same(a.get(), b.get())) {
      tally.count(MODELS, count(a.get()));
      return Optional.of(exact ? Closeness.bits() : new Closeness(false, Closeness.ROUNDING));
    }
    try {
      return Optional.of(tensors(key, SafeTensors.read(a.get()), SafeTensors.read(b.get()), exact));
    } catch (DataException e) {
      tally.count(MODELS, 1);
      tally.differs(key + ", network", "readable", e.getMessage(), "equal content");
      return Optional.empty();
    }
  }

  private static int count(Path file) {
    try {
      return SafeTensors.read(file).tensors().size();
    } catch (DataException e) {
      return 1;
    }
  }

  private Closeness tensors(String key, SafeTensors a, SafeTensors b, boolean exact) {
    TreeSet<String> names = new TreeSet<>(a.tensors().keySet());
    names.addAll(b.tensors().keySet());
    boolean alike = true;
    for (String name : names) {
      HostTensor x = a.tensors().get(name);
      HostTensor y = b.tensors().get(name);
      tally.count(MODELS, 1);
      if (x == null || y == null || !x.type().equals(y.type())) {
        alike = false;
        tally.differs(key + ", " + name, type(x), type(y), "the same");
      } else if (exact && !x.bitEquals(y)) {
        tally.differs(
            key + ", " + name, "-", "apart by " + Format.number(apart(x, y)), "equal bits");
      }
    }
    if (exact) {
      tally.text("texts in networks", key + ", network", about(a), about(b));
      return Closeness.bits();
    }
    Closeness c =
        alike
            ? Closeness.of(a.tensors(), b.tensors())
            : new Closeness(false, Double.POSITIVE_INFINITY);
    if (!c.near()) {
      tally.differs(
          key + ", weights: change of outputs",
          "0",
          Format.number(c.relative()),
          Format.number(Closeness.MOST));
    }
    return c;
  }

  private static String about(SafeTensors file) {
    return new TreeMap<>(file.metadata()).toString();
  }

  private static String type(HostTensor t) {
    return t == null ? "not there" : t.type().toString();
  }

  /** Compares the arrays of a trial and returns how many were skipped. */
  int arrays(String key, Trial t, Trial u, Closeness close) {
    int out = 0;
    for (Map.Entry<String, Path> e : named(before, t.id() + "-").entrySet()) {
      if (!close.exact() && e.getKey().endsWith(WITNESS)) {
        out++;
      } else {
        array(
            key + ", array " + e.getKey().substring(1),
            e.getValue(),
            again.existing("arrays/" + u.id() + e.getKey()),
            close);
      }
    }
    return out;
  }

  /** Compares the arrays that trials share: the samples they were measured on. */
  void shared() {
    named(before, "test-")
        .forEach(
            (name, file) ->
                array(
                    "array test" + name,
                    file,
                    again.existing("arrays/test" + name),
                    Closeness.bits()));
  }

  private void array(String what, Path a, Optional<Path> b, Closeness close) {
    tally.count(ARRAYS, 1);
    if (b.isEmpty()) {
      tally.differs(what, "stored", "not stored", "stored");
      return;
    }
    if (same(a, b.get())) {
      return;
    }
    try {
      HostTensor x = Npy.read(a);
      HostTensor y = Npy.read(b.get());
      double largest = 1;
      for (int i = 0; i < x.shape().size(); i++) {
        largest = Math.max(largest, Math.abs(x.get(i)));
      }
      double allowed = close.number(largest);
      if (!x.type().equals(y.type())) {
        tally.differs(what, type(x), type(y), "the same");
      } else if (close.exact() ? !x.bitEquals(y) : !(apart(x, y) <= allowed)) {
        tally.differs(
            what,
            "-",
            "apart by " + Format.number(apart(x, y)),
            close.exact() ? "equal bits" : Format.number(allowed));
      }
    } catch (DataException e) {
      tally.differs(what, "readable", e.getMessage(), "equal content");
    }
  }

  private static double apart(HostTensor x, HostTensor y) {
    double most = 0;
    for (int i = 0; i < x.shape().size(); i++) {
      double d = Math.abs(x.get(i) - y.get(i));
      most = d > most || Double.isNaN(d) ? d : most;
    }
    return most;
  }

  /** Returns the arrays whose names start with a prefix, keyed by the rest up to the hyphen. */
  private static Map<String, Path> named(RunFolder folder, String prefix) {
    Map<String, Path> out = new TreeMap<>();
    Optional<Path> arrays = folder.existing("arrays");
    if (arrays.isEmpty()) {
      return out;
    }
    try (Stream<Path> all = Files.list(arrays.get())) {
      all.filter(f -> f.getFileName().toString().startsWith(prefix))
          .filter(f -> f.getFileName().toString().endsWith(".npy"))
          .forEach(f -> out.put(f.getFileName().toString().substring(prefix.length() - 1), f));
      return out;
    } catch (IOException e) {
      throw new DataException(arrays.get() + " cannot be listed", e);
    }
  }

  private static boolean same(Path a, Path b) {
    try {
      return Files.mismatch(a, b) < 0;
    } catch (IOException e) {
      throw new DataException(a + " and " + b + " cannot be compared: " + e.getMessage(), e);
    }
  }
}
