// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.Npy;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;
import org.rigor.tensor.HostTensor;

/** Attacks against bracketed distances in a study. */
class OptimalityStudyTest {
  private static final int SAMPLES = 20;
  private static final String STUDY =
      """
      name: compared
      data: {type: digits}
      model: {type: mlp, hidden: [HIDDEN]}
      training:
        epochs: 8
        batch-size: 20
        optimiser: {type: adam, learning-rate: 0.01}
        methods: [{type: standard}]
      measurements:
        - type: optimality
          epsilons: [0.05, 0.1, 0.2]
          samples: 20
          suite: malt
          attacks:
            - {attack: fmn, loss: targeted-margin, steps: 60}
            - {name: short, attack: fmn, loss: margin, steps: 4}
            - {attack: pgd, loss: margin, steps: 10, relative-step: 0.3}
      sweep: {seeds: 2}
      """;

  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  @ParameterizedTest
  @CsvSource({"''", "'16, 12'"}) // a linear classifier, whose attacks are as good as exact
  void attacksStandAboveTheTruth(String hidden) throws Exception {
    Path out = folder.resolve("runs");
    Path study = Shell.study(folder, STUDY.replace("HIDDEN", hidden));
    Shell.Result run = Shell.run("run", study, "--out", out, "--device", "cpu");
    assertThat(run.exit()).as(run.err()).isZero();
    for (TrialResult r : RunRecord.open(out.resolve("compared")).results().values()) {
      Map<String, Scalar> s = r.scalars();
      HostTensor sides = Npy.read(out.resolve("compared/arrays/" + r.id() + "-radius.npy"));
      assertThat(sides.shape().dims()).containsExactly(SAMPLES, 5);
      double cut = 0;
      for (int n = 0; n < SAMPLES; n++) {
        double high = sides.get(n * 5 + 1);
        cut = Double.isFinite(high) ? Math.max(cut, high) : cut;
      }
      int narrow = 0;
      int right = 0;
      double[] area = new double[5];
      int[] beyond = new int[5];
      for (int n = 0; n < SAMPLES; n++) {
        double low = sides.get(n * 5);
        double high = sides.get(n * 5 + 1);
        right += high > 0 ? 1 : 0;
        narrow += low >= high * 0.999 ? 1 : 0;
        for (int k = 0; k < 5; k++) {
          double d = sides.get(n * 5 + k);
          assertThat(d).isGreaterThanOrEqualTo(low);
          area[k] += high == 0 ? 0 : cut - Math.min(d, cut);
          beyond[k] += d > 0.1 || k == 0 && d == 0.1 ? 1 : 0;
        }
      }
      assertThat(s.get("bracketed-share").value()).isEqualTo((double) narrow / SAMPLES);
      assertThat(narrow).isGreaterThanOrEqualTo(hidden.isEmpty() ? SAMPLES : 15);
      assertThat(s.get("crossed-radii").value()).isZero();
      String[] names = {"fmn", "short", "pgd"};
      for (int k = 0; k < 3; k++) {
        double own = area[k + 2];
        assertThat(s.get("optimality-lower/" + names[k]).value()).isEqualTo(own / area[0]);
        assertThat(s.get("optimality-upper/" + names[k]).value()).isEqualTo(own / area[1]);
        double more = (double) (beyond[k + 2] - beyond[0]) / SAMPLES;
        assertThat(s.get("excess-upper/" + names[k] + "@0.1").value()).isEqualTo(more);
        assertThat(s.get("backwards/" + names[k]).value()).isPositive();
      }
      // 61 visits toward each of nine classes, of those samples that are right
      assertThat(s.get("backwards/fmn").value()).isEqualTo(61.0 * 9 * right / SAMPLES);
      double least = hidden.isEmpty() ? 0.99 : 0.9;
      assertThat(s.get("optimality-lower/fmn").value()).isBetween(least, 1.0);
      assertThat(s.get("optimality-upper/short").value())
          .isLessThan(s.get("optimality-lower/fmn").value());
      assertThat(s.get("excess-lower/malt@0.1").value()).isBetween(0.0, 0.1);
    }
  }

  @Test
  void whatWasMeasuredIsMadeAgain() throws Exception {
    Path out = folder.resolve("runs");
    Path study = Shell.study(folder, STUDY.replace("HIDDEN", "8"));
    assertThat(Shell.run("run", study, "--out", out, "--device", "cpu").exit()).isZero();
    Shell.Result again = Shell.run("reproduce", out.resolve("compared"), "--device", "cpu");
    assertThat(again.exit()).as(again.out() + again.err()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: short, | name: fmn, | two attacks are called 'fmn'",
        "name: short, | name: malt, | called 'malt' like the suite",
        "name: short, | name: Short, | small letters",
        "suite: malt | suite: best | expected one of autoattack",
        "attack: pgd, | attack: ddn, | does not take norm linf",
        "loss: margin, steps: 4 | steps: 4 | needs loss: margin",
        "0.1, 0.2 | 0.2, 0.1 | must ascend",
        "samples: 20 | resolution: 0 | must be"
      })
  void wrongInputIsRefusedAtOnce(String right, String wrong, String says) throws Exception {
    Path study = Shell.study(folder, STUDY.replace("HIDDEN", "8").replace(right, wrong));
    Shell.Result run = Shell.run("run", study, "--out", folder.resolve("x"), "--device", "cpu");
    assertThat(run.exit()).as(run.out()).isEqualTo(2);
    assertThat(run.err()).contains(says);
    assertThat(folder.resolve("x")).doesNotExist();
  }
}
