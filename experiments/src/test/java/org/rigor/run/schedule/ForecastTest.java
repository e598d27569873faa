// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Progress;

/** The time said to be left beside the time that was left, on a clock that the test turns. */
class ForecastTest {
  private final AtomicLong nanos = new AtomicLong();
  private final RunProgress run =
      new RunProgress(
          new PrintStream(new ByteArrayOutputStream()), RunProgress.Style.PLAIN, nanos::get);

  @TempDir Path folder;

  @AfterEach
  void close() {
    run.close();
  }

  private Pack of(int trials) {
    String text =
        """
        name: pace
        data: {type: digits}
        model: {type: mlp, hidden: [4]}
        training:
          epochs: 1
          optimiser: {type: sgd, learning-rate: 0.1}
          methods: [{type: standard}]
        measurements: [{type: lipschitz}]
        sweep: {seeds: %d}
        """
            .formatted(trials);
    try {
      Path file = Files.writeString(folder.resolve("pace.yaml"), text);
      return Pack.of(
          Expansion.trials(StudyFile.read(file, List.of()), d -> new Identity("d", "cpu", 1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was said at a time. */
  private record Said(double at, double eta, boolean known, String line) {}

  private final List<Said> said = new ArrayList<>();

  private double now() {
    return nanos.get() / 1e9;
  }

  /** Lets time pass and listens. */
  private void pass(double seconds) {
    for (int i = 0; i < 10; i++) {
      nanos.addAndGet((long) (seconds * 1e8));
      JsonObject e = new JsonObject();
      run.describe(e);
      boolean known = e.has("eta-seconds");
      double eta = known ? e.get("eta-seconds").getAsDouble() : Double.NaN;
      said.add(new Said(now(), eta, known, run.line()));
    }
  }

  /** A pack: epochs, the first of which is slow, then groups of measurements. */
  private void pack(Pack pack, int epochs, double epoch, int groups, double... measurements) {
    Progress p = run.pack();
    p.begin(pack, epochs, 30);
    p.phase("train");
    for (int e = 0; e < epochs; e++) {
      pass(e == 0 ? 6 * epoch : epoch);
      p.advance(1);
    }
    long done = 0;
    for (int g = 0; g < groups; g++) {
      p.phase("clean");
      for (int m = 0; m < measurements.length; m++) {
        p.phase("measurement " + m);
        pass(measurements[m]);
        long units =
            30L * (g * measurements.length + m + 1) / ((long) groups * measurements.length);
        p.advance(units - done);
        done = units;
      }
    }
    run.ended(p, 0);
  }

  /** From a tenth of the run on, what is named is within a factor of 2. */
  private void hold(double knownShare) {
    double end = now();
    int known = 0;
    for (Said s : said) {
      double left = end - s.at();
      if (s.known() && s.at() > end / 10) {
        assertThat(s.eta())
            .as("at %s of %s", s.at(), end)
            .isBetween(left / 2 - 0.5, 2 * left + 0.5);
      }
      known += s.known() ? 1 : 0;
      if (s.line().contains("ETA over")) {
        String[] clock = s.line().replaceAll(".*ETA over ", "").strip().split(":");
        int least = 60 * Integer.parseInt(clock[0]) + Integer.parseInt(clock[1]);
        assertThat(least)
            .as("at least, at %s of %s", s.at(), end)
            .isLessThanOrEqualTo((int) left + 1);
      }
    }
    assertThat((double) known / said.size())
        .as("share of the run with a time")
        .isGreaterThan(knownShare);
  }

  @Test
  void whatCannotBeKnownIsNotSaid() {
    // One pack whose measurements take three times as long as its training, warm-up and all.
    run.start(20, 0);
    pack(of(20), 10, 0.5, 1, 2, 20, 1);
    assertThat(said).noneMatch(Said::known);
    assertThat(said).anyMatch(s -> s.line().contains("ETA over"));
    hold(-1);
  }

  @Test
  void trainingAloneIsKnownFromItsPace() {
    run.start(4, 0);
    Progress p = run.pack();
    p.begin(of(4), 50);
    for (int e = 0; e < 50; e++) {
      pass(e < 2 ? 5 : 1);
      p.advance(1);
    }
    run.ended(p, 0);
    hold(0.8);
  }

  @Test
  void groupsOfNetworksAfterTheFirstAreKnownFromIt() {
    run.start(256, 0);
    pack(of(256), 10, 1, 4, 2, 9, 4);
    hold(0.3);
  }

  @Test
  void packsThatTakeAlikeAreKnownFromThoseBefore() {
    run.start(100, 0);
    for (int i = 0; i < 10; i++) {
      pack(of(10), 5, 0.5 + 0.1 * (i % 3), 1, 3, 6);
    }
    hold(0.5);
  }

  @Test
  void packsThatGrowAreNotSaidToBeLikeThoseBefore() {
    run.start(80, 0);
    for (int i = 0; i < 8; i++) {
      pack(of(10), 5, 0.2 * Math.pow(2.5, i), 1, 3 * Math.pow(2.5, i));
    }
    hold(-1);
  }
}
