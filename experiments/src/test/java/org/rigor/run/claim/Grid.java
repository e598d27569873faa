// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.rigor.diff.Kind;
import org.rigor.run.study.Settings;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** Judges claims over made-up results of a study with a grid of widths and epochs. */
final class Grid {
  private Grid() {}

  /** What a trial is made up of. */
  static final class Made {
    final String method;
    final double width;
    final double epochs;
    final long seed;
    final Map<String, Scalar> scalars = new LinkedHashMap<>();
    boolean[] correct = {true, false};
    Curve curve;

    private Made(Trial t) {
      this.method = t.arm().method();
      this.width = number(t, "model.hidden");
      this.epochs = number(t, "training.epochs");
      this.seed = t.spec().seed();
    }

    private static double number(Trial t, String key) {
      return Settings.number(t.arm().settings().get(key)).orElseThrow();
    }

    void put(String name, double value) {
      scalars.put(name, new Scalar(value, Kind.ESTIMATE, "made up"));
    }

    /** Images right, without and under attack. */
    void images(boolean[] clean, boolean[] attacked) {
      int[] survived = new int[attacked.length];
      for (int i = 0; i < survived.length; i++) {
        survived[i] = attacked[i] ? 1 : 0;
      }
      correct = clean;
      curve = new Curve(Curve.Side.ATTACKED, "pgd", Kind.BOUND, new double[] {0.1}, survived);
    }
  }

  static StudyFile read(Path folder, int seeds, String claims) throws Exception {
    Path file = folder.resolve("s.yaml");
    Files.writeString(
        file,
        """
        name: small
        data: {type: digits}
        model: {type: mlp, hidden: [16]}
        training:
          epochs: 2
          optimiser: {type: sgd, learning-rate: 0.1}
          methods: [{type: standard}, {type: pgd, epsilon: 0.1}]
        measurements:
          - {type: pgd-curve, epsilons: [0.1]}
          - {type: lipschitz}
        sweep:
          seeds: %d
          grid:
            model.hidden: [[4, 4], [8, 8], [16, 16], [32, 32]]
            training.epochs: [2, 3]
        claims: [%s]
        """
            .formatted(seeds, claims));
    return StudyFile.read(file, List.of());
  }

  static List<Judgement> judge(
      Path folder, int seeds, String claims, BiConsumer<Made, Integer> make) throws Exception {
    StudyFile study = read(folder, seeds, claims);
    List<Trial> trials = Expansion.trials(study, d -> new Identity("d", "cpu", 1));
    Map<String, TrialResult> results = new LinkedHashMap<>();
    int number = 0;
    for (Trial t : trials) {
      Made m = new Made(t);
      make.accept(m, number++);
      List<Curve> curves = m.curve == null ? List.of() : List.of(m.curve);
      results.put(
          t.id(),
          new TrialResult(
              t.id(), Outcome.FINISHED, "", 1, m.scalars, m.correct, curves, List.of()));
    }
    return Judge.judge(study.study(), trials, results);
  }
}
