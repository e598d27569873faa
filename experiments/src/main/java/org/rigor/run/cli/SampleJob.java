// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.rigor.certify.ProofFile;
import org.rigor.check.Checker;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.Analyses.DecidedSample;
import org.rigor.run.analysis.Analyses.SamplesRequest;
import org.rigor.run.analysis.Effort;
import org.rigor.run.schedule.Shutdown;
import org.rigor.run.trial.Cancellation;
import org.rigor.verify.Verdict;

/** Decision of the balls around samples with a proof; on Ctrl-C what is decided is written, too. */
final class SampleJob {
  private final SamplesRequest request;
  private final Path proof;
  private final long start = System.nanoTime();
  private volatile Analyses working;
  private final List<DecidedSample> decided = Collections.synchronizedList(new ArrayList<>());

  SampleJob(SamplesRequest request, Path proof) {
    this.request = request;
    this.proof = proof;
  }

  /**
   * Requires that the checker knows the network and can read the data, before anything is searched.
   *
   * @return the number of samples
   * @throws DataException naming what it does not know
   */
  int require() {
    if (!request.data().toString().endsWith(".npz")) {
      throw new DataException(
          request.data() + ": proofs are of samples in NPZ files, which check reads");
    }
    return new Checker(request.model())
        .requireReadable(request.data(), request.epsilon(), request.ends());
  }

  /**
   * Decides, and writes the proof.
   *
   * @param report takes the device in words, and notes; called once, at the end or when interrupted
   */
  @SuppressWarnings("try") // The shutdown hook acts by being open.
  void run(Supplier<Analyses> engine, BiConsumer<String, List<String>> report) {
    ProofFile file = begin();
    Cancellation cancellation = new Cancellation();
    cancellation.expendable(true); // what is decided is written: nothing need be waited for
    AtomicBoolean reported = new AtomicBoolean();
    AtomicReference<String> device = new AtomicReference<>("interrupted");
    List<String> notes = Collections.synchronizedList(new ArrayList<>());
    Runnable once =
        () -> {
          if (!reported.getAndSet(true)) {
            Proofs.write(proof, file);
            report.accept(device.get(), List.copyOf(notes));
          }
        };
    try (Shutdown hook = new Shutdown(cancellation, once)) {
      try (Analyses analyses = engine.get()) {
        this.working = analyses;
        device.set(analyses.decide(request, cancellation::requested, s -> take(s, file)));
        notes.addAll(analyses.notes());
      }
      once.run();
    }
  }

  /** Returns what was spent so far. */
  Effort effort() {
    return Effort.since(start, Optional.ofNullable(working));
  }

  /** Returns the samples decided so far, by index. */
  List<DecidedSample> decided() {
    List<DecidedSample> all = new ArrayList<>(List.copyOf(decided));
    all.sort(Comparator.comparingInt(DecidedSample::index));
    return all;
  }

  /** Keeps a verdict; what proves it goes into the proof, packed, since it may be large. */
  private void take(DecidedSample s, ProofFile file) {
    Verdict v = s.verdict();
    if (v.answer() != Verdict.Answer.UNKNOWN) {
      v.evidence().forEach(e -> file.add(s.index(), e));
      v.counterexample().ifPresent(c -> file.add(s.index(), c.point().floats()));
    }
    decided.add(new DecidedSample(s.index(), s.label(), v.withoutEvidence()));
  }

  private ProofFile begin() {
    String asked =
        Sha256.ofContent(request.data())
            + " linf "
            + plain(request.epsilon())
            + " "
            + (request.ends().isEmpty()
                ? "all"
                : request.ends().stream().map(SampleJob::plain).collect(Collectors.joining(" ")));
    return new ProofFile(
        Sha256.ofContent(request.model()), Sha256.of(asked.getBytes(StandardCharsets.UTF_8)));
  }

  private static String plain(BigDecimal d) {
    return d.stripTrailingZeros().toPlainString();
  }
}
