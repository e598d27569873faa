// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.rigor.certify.Branching;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.Assignment;
import org.rigor.run.analysis.Decided;
import org.rigor.run.analysis.Effort;
import org.rigor.run.analysis.Instance;
import org.rigor.run.analysis.VerdictText;
import org.rigor.run.schedule.Shutdown;
import org.rigor.run.trial.Cancellation;
import org.rigor.verify.Decider;
import org.rigor.verify.Verdict;

/**
 * Decision of a list of instances from the command line. What is decided is stored at once, and
 * reported on Ctrl-C, too.
 */
final class VerdictJob {
  /** Seconds between two lines of progress where nobody watches a terminal. */
  private static final double QUIET_SECONDS = 5;

  private final List<Instance> instances;
  private final Optional<Path> folder;
  private final Optional<Proofs> proofs;
  private final Branching branching;
  private final boolean emptyIsVerified;
  private final long start = System.nanoTime();
  private final List<Decided> decided = Collections.synchronizedList(new ArrayList<>());
  private boolean lineShown;
  private double said;
  private volatile Analyses working;

  /**
   * @param folder receives a file for each instance, and {@code results.csv}; made if missing
   * @param proofs receive what proves the verdicts
   * @param branching by which units cells are split
   * @param emptyIsVerified whether a property without an input in its region is verified; else it
   *     cannot be used, since nobody means it
   */
  VerdictJob(
      List<Instance> instances,
      Optional<Path> folder,
      Optional<Proofs> proofs,
      Branching branching,
      boolean emptyIsVerified) {
    this.instances = List.copyOf(instances);
    this.proofs = proofs;
    this.branching = branching;
    this.emptyIsVerified = emptyIsVerified;
    this.folder = folder;
    folder.ifPresent(VerdictJob::make);
    proofs.filter(Proofs::folder).ifPresent(p -> make(p.target()));
  }

  private static void make(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new RunException(
          ExitCode.ENVIRONMENT, "cannot make the folder " + folder + ": " + Failures.reason(e), e);
    }
  }

  /**
   * Decides the instances and returns what became of each, in the order of the list.
   *
   * @param report prints and stores what is decided so far; called once, at the end or when
   *     interrupted
   */
  @SuppressWarnings("try") // The shutdown hook acts by being open.
  List<Decided> run(Supplier<Analyses> engine, BiConsumer<List<Decided>, Effort> report) {
    proofs.ifPresent(p -> p.require(instances));
    Cancellation cancellation = new Cancellation();
    cancellation.expendable(true); // what is decided is stored: nothing need be waited for
    AtomicBoolean reported = new AtomicBoolean();
    Runnable once =
        () -> {
          if (!reported.getAndSet(true)) {
            report.accept(sorted(), effort());
          }
        };
    try (Shutdown hook = new Shutdown(cancellation, once)) {
      try (Analyses analyses = engine.get()) {
        this.working = analyses;
        Decider.Options options = new Decider.Options(proofs.isPresent(), branching);
        analyses.decide(instances, options, cancellation::requested, this::take);
      }
      wipe();
      once.run();
    }
    return sorted();
  }

  private Effort effort() {
    return Effort.since(start, Optional.ofNullable(working));
  }

  private List<Decided> sorted() {
    List<Decided> all = new ArrayList<>(List.copyOf(decided));
    all.sort(Comparator.comparingInt(d -> d.instance().number()));
    return all;
  }

  private void take(Decided found) {
    boolean empty = found.verdict().filter(v -> v.by().equals("region") && verified(v)).isPresent();
    Decided d = empty && !emptyIsVerified ? refused(found) : found;
    decided.add(d);
    folder.ifPresent(f -> AtomicFile.write(f.resolve(name(d.instance()) + ".txt"), file(d)));
    proofs.ifPresent(p -> p.write(d, name(d.instance())));
    if (instances.size() > 1) {
      progress();
    }
  }

  private static boolean verified(Verdict v) {
    return v.answer() == Verdict.Answer.VERIFIED;
  }

  private static Decided refused(Decided d) {
    return new Decided(
        d.instance(),
        d.query(),
        Optional.empty(),
        d.instance().property() + ": nothing is left to verify: " + String.join("; ", d.notes()),
        d.kind(),
        d.device(),
        List.of());
  }

  /** Returns a name that tells apart instances whose files have the same names. */
  static String name(Instance i) {
    return "%03d-%s-%s".formatted(i.number(), stem(i.model()), stem(i.property()));
  }

  private static String stem(Path file) {
    return file.getFileName().toString().replaceFirst("\\.gz$", "").replaceFirst("\\.\\w+$", "");
  }

  /** Returns the result's word, and a counterexample if there is one. */
  private static String file(Decided d) {
    return d.result()
        + "\n"
        + d.verdict().flatMap(Verdict::counterexample).map(Assignment::competition).orElse("");
  }

  /** Returns the rows of {@code results.csv}: category, network, property, 0, result, seconds. */
  static String csv(List<Decided> all) {
    StringBuilder out = new StringBuilder();
    for (Decided d : all) {
      out.append(
          String.format(
              Locale.ROOT,
              "rigor,%s,%s,0,%s,%.3f%n",
              cell(d.instance().label().model()),
              cell(d.instance().label().property()),
              d.result(),
              d.verdict().map(Verdict::seconds).orElse(0.0)));
    }
    return out.toString();
  }

  private static String cell(String text) {
    return text.matches(".*[,\"\\s].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }

  /** Stores {@code results.csv}. */
  void store(List<Decided> all) {
    folder.ifPresent(f -> AtomicFile.write(f.resolve("results.csv"), csv(all)));
  }

  private void progress() {
    double seconds = (System.nanoTime() - start) / 1e9;
    int done = decided.size();
    int open = instances.size() - done;
    String line =
        String.format(
            Locale.ROOT,
            "%d decided, %d open, %.0f s, ETA %.0f s at most",
            done,
            open,
            seconds,
            Math.min(
                seconds / done * open,
                instances.stream().mapToDouble(Instance::seconds).sum() - seconds));
    if (Terminal.attached()) {
      System.err.print("\r" + line + "\u001b[K");
      lineShown = true;
    } else if (seconds - said >= QUIET_SECONDS) {
      System.err.println(line);
      said = seconds;
    }
    System.err.flush();
  }

  private void wipe() {
    if (lineShown) {
      System.err.print("\r\u001b[K");
      System.err.flush();
    }
  }

  /** Returns the exit code of one instance: what became of it. */
  static ExitCode exit(Decided d) {
    return switch (d.answer()) {
      case "verified" -> ExitCode.OK;
      case "violated" -> ExitCode.FAILED;
      case "unknown" -> ExitCode.UNDECIDED;
      default -> ExitCode.DATA;
    };
  }

  /** Returns the exit code of a list: whether each was decided, either way. */
  static ExitCode exit(List<Decided> all) {
    if (all.stream().anyMatch(d -> d.verdict().isEmpty())) {
      return ExitCode.DATA;
    }
    boolean open = all.stream().anyMatch(d -> d.answer().equals("unknown"));
    return open ? ExitCode.UNDECIDED : ExitCode.OK;
  }

  /** Returns the table of a list, its errors and its notes. */
  static String text(List<Decided> all, Effort effort, int instances) {
    StringBuilder out = new StringBuilder(VerdictText.table(all, effort));
    if (all.size() < instances) {
      out.append("%d of %d instances not reached%n".formatted(instances - all.size(), instances));
    }
    all.stream()
        .map(Decided::error)
        .filter(e -> !e.isEmpty())
        .distinct()
        .forEach(e -> out.append("error: ").append(e).append('\n'));
    all.stream()
        .flatMap(d -> d.notes().stream())
        .distinct()
        .forEach(n -> out.append("note: ").append(n).append('\n'));
    return out.toString();
  }
}
