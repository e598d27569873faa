// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.ExitCode;
import org.rigor.run.FakeEngine;
import org.rigor.run.RunException;
import org.rigor.run.store.RunFolder;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.PackTooLarge;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;

/** Packs on several runners at a time: four widths of three seeds. */
@Timeout(60)
class PacksAtOnceTest {
  private static final String STUDY =
      """
      name: widths
      data: {type: digits}
      model: {type: mlp, hidden: [16]}
      training:
        epochs: 2
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}]
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.1]}
      sweep: {seeds: 3, grid: {model.hidden: [[8], [16], [24], [32]]}}
      """;

  @TempDir Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final Cancellation cancellation = new Cancellation();

  private List<Trial> trials(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("widths.yaml"), text);
    return Expansion.trials(StudyFile.read(file, List.of()), d -> new Identity("d", "cpu", 1));
  }

  private Map<String, TrialResult> run(String name, List<Trial> trials, PackRunner... runners) {
    try (RunProgress progress =
        new RunProgress(new PrintStream(said, true), RunProgress.Style.PLAIN)) {
      return new StudyRun(RunFolder.create(folder.resolve(name)), progress, cancellation)
          .run(trials, List.of(runners));
    }
  }

  private String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  private static void finish(Pack pack, TrialSink sink) {
    pack.trials().forEach(t -> sink.completed(FakeEngine.result(t)));
  }

  private static void plain(Pack pack, TrialSink sink, Progress progress, Cancellation c) {
    progress.begin(pack, 1);
    finish(pack, sink);
    progress.advance(1);
  }

  private Map<String, String> files(String name) throws Exception {
    Map<String, String> all = new java.util.TreeMap<>();
    try (Stream<Path> files = Files.list(folder.resolve(name).resolve("trials"))) {
      for (Path f : files.toList()) {
        all.put(f.getFileName().toString(), Files.readString(f));
      }
    }
    return all;
  }

  @Test
  void threeRunAtATimeAndLeaveWhatOneLeaves() throws Exception {
    List<Trial> trials = trials(STUDY);
    Map<String, TrialResult> alone = run("alone", trials, PacksAtOnceTest::plain);
    CyclicBarrier together = new CyclicBarrier(3);
    AtomicInteger packs = new AtomicInteger();
    PackRunner meets =
        (pack, sink, progress, c) -> {
          if (packs.incrementAndGet() <= 3) {
            await(together); // breaks if three never run at a time
          }
          plain(pack, sink, progress, c);
        };
    Map<String, TrialResult> three = run("three", trials, meets, meets, meets);
    assertThat(packs).hasValue(4);
    assertThat(files("three")).hasSize(12).isEqualTo(files("alone"));
    assertThat(List.copyOf(three.keySet())).isEqualTo(List.copyOf(alone.keySet()));
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the others did not come", e);
    }
  }

  /** Room for four models: two packs of three do not fit at a time, each by itself does. */
  @Test
  void whatFindsNoMemoryBesideOthersRunsByItselfAndWhole() throws Exception {
    List<Trial> trials = trials(STUDY);
    run("alone", trials, PacksAtOnceTest::plain);
    AtomicInteger used = new AtomicInteger();
    CyclicBarrier together = new CyclicBarrier(2);
    AtomicInteger packs = new AtomicInteger();
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    PackRunner small =
        (pack, sink, progress, c) -> {
          int rows = pack.trials().size();
          boolean meet = packs.incrementAndGet() <= 2;
          try {
            boolean fits = used.addAndGet(rows) <= 4;
            if (meet) {
              await(together);
            }
            if (!fits) {
              throw new PackTooLarge("no room");
            }
            sizes.add(rows);
            plain(pack, sink, progress, c);
          } finally {
            used.addAndGet(-rows);
          }
        };
    run("small", trials, small, small);
    assertThat(files("small")).isEqualTo(files("alone"));
    assertThat(sizes).containsOnly(3);
    assertThat(said()).contains("found no memory beside others").doesNotContain("halved");
  }

  /** A diverged trial has no network to be read back: with it all would be trained again. */
  @Test
  void whatIsRunAgainLeavesOutTrialsThatHaveEnded() throws Exception {
    List<Trial> trials = trials(STUDY);
    CyclicBarrier together = new CyclicBarrier(2);
    AtomicInteger packs = new AtomicInteger();
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    PackRunner late =
        (pack, sink, progress, c) -> {
          sizes.add(pack.trials().size());
          if (packs.incrementAndGet() <= 2) {
            await(together);
            sink.completed(FakeEngine.result(pack.trials().get(0)));
            throw new PackTooLarge("no room to measure");
          }
          plain(pack, sink, progress, c);
        };
    assertThat(run("late", trials, late, late)).hasSize(12);
    assertThat(sizes).containsExactlyInAnyOrder(3, 3, 3, 3, 2, 2);
  }

  @Test
  void whatIsTooLargeByItselfIsHalved() throws Exception {
    List<Trial> trials = trials(STUDY);
    PackRunner tiny =
        (pack, sink, progress, c) -> {
          if (pack.trials().size() > 1) {
            throw new PackTooLarge("room for one");
          }
          plain(pack, sink, progress, c);
        };
    Map<String, TrialResult> all = run("tiny", trials, tiny, tiny, tiny);
    assertThat(all).hasSize(12);
    assertThat(all.values()).allMatch(r -> r.outcome() == Outcome.FINISHED);
    assertThat(said()).contains("a pack of 3 trials is too large (room for one): halved");
  }

  /** Two epsilons of one attack are two packs of the same networks. */
  @Test
  void packsOfTheSameNetworksTakeTurns() throws Exception {
    List<Trial> trials =
        trials(
            STUDY.replace(
                "model.hidden: [[8], [16], [24], [32]]",
                "'measurements[0].epsilons': [[0, 0.1], [0, 0.2], [0, 0.3]]"));
    assertThat(Pack.group(trials)).hasSize(3);
    assertThat(mostAtATime("turns", trials)).isEqualTo(1);
  }

  @Test
  void whatTakesTimesRunsByItself() throws Exception {
    String timing = "measurements:\n  - {type: timing}\n";
    assertThat(mostAtATime("times", trials(STUDY.replace("measurements:\n", timing)))).isEqualTo(1);
  }

  private int mostAtATime(String name, List<Trial> trials) {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    PackRunner counts =
        (pack, sink, progress, c) -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          LockSupport.parkNanos(20_000_000);
          plain(pack, sink, progress, c);
          now.decrementAndGet();
        };
    assertThat(run(name, trials, counts, counts, counts)).hasSize(trials.size());
    return most.get();
  }

  @Test
  void aFailureOfOneEndsTheOthersWhichKeepTheirState() throws Exception {
    List<Trial> trials = trials(STUDY);
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger stored = new AtomicInteger();
    PackRunner waits =
        (pack, sink, progress, c) -> {
          begun.countDown();
          while (!c.requested()) {
            Thread.onSpinWait();
          }
          stored.incrementAndGet();
        };
    PackRunner fails =
        (pack, sink, progress, c) -> {
          await(begun);
          throw new RunException(ExitCode.FAILED, "a bracket is crossed");
        };
    assertThatThrownBy(() -> run("fails", trials, fails, waits)).hasMessage("a bracket is crossed");
    assertThat(stored).hasValue(1);
    assertThat(cancellation.requested()).as("nobody interrupted the run").isFalse();
    assertThat(files("fails")).isEmpty();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anInterruptedRunHandsOutNoMorePacks() throws Exception {
    List<Trial> trials = trials(STUDY);
    CyclicBarrier together = new CyclicBarrier(2);
    AtomicInteger packs = new AtomicInteger();
    PackRunner stops =
        (pack, sink, progress, c) -> {
          packs.incrementAndGet();
          await(together);
          cancellation.request();
          assertThat(c.requested()).isTrue();
        };
    assertThat(run("stops", trials, stops, stops)).isEmpty();
    assertThat(packs).hasValue(2);
  }

  @Test
  void onlyWhenAllThatRunsIsExpendableAnEndMayCutItOff() {
    Cancellation one = cancellation.part();
    Cancellation two = cancellation.part();
    one.expendable(true);
    assertThat(cancellation.expendable()).isFalse();
    two.expendable(true);
    assertThat(cancellation.expendable()).isTrue();
    two.expendable(false);
    assertThat(cancellation.expendable()).isFalse();
    cancellation.ended(two);
    assertThat(cancellation.expendable()).isTrue();
    one.request();
    assertThat(cancellation.requested()).isFalse();
  }

  @Test
  void theLineShowsAllThatRuns() throws Exception {
    List<Pack> packs = Pack.group(trials(STUDY));
    try (RunProgress progress =
        new RunProgress(new PrintStream(said, true), RunProgress.Style.PLAIN)) {
      progress.start(12, 0);
      Progress one = progress.pack();
      Progress two = progress.pack();
      one.begin(packs.get(0), 10);
      two.begin(packs.get(1), 10);
      one.phase("train");
      two.phase("attack");
      one.show("loss", 0.5);
      two.show("loss", 0.25);
      one.advance(10);
      two.advance(5);
      assertThat(progress.line())
          .startsWith("[###-------] 0/12 trials  train+attack ")
          .contains("loss 0.500/0.250");
      progress.ended(one, 0);
      assertThat(progress.line()).startsWith("[###-------] ").contains("  attack ");
      progress.ended(two, 3);
      assertThat(progress.line()).as("nothing runs").isEmpty();
      progress.pack().begin(packs.get(2), 10);
      assertThat(progress.line()).startsWith("[##--------] ");
    }
  }
}
