// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.data.DataSet;
import org.rigor.data.LabelNoise;
import org.rigor.data.Split;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.ProbeSpec;
import org.rigor.run.trial.TrialSpec;

/**
 * The samples of a trial. From the training part some samples are held out, then a subset may be
 * taken, then labels replaced. All draws are fixed, so all arms and seeds of a study see the same
 * samples, and the held-out ones do not depend on the size of the subset.
 *
 * @param data the training and test samples
 * @param heldOut indices of samples used for neither training nor testing; may be empty
 */
public record StudySamples(DataSet data, int[] heldOut) {
  private static final long HELD_OUT_DRAW = 0x48454C44;
  private static final long SUBSET_DRAW = 0x53554253;

  /**
   * @throws RunException with exit code 2 if the training part is too small
   */
  static StudySamples of(DataSet all, TrialSpec spec) {
    if (spec.training().heldOut().isEmpty()
        && spec.training().samples().isEmpty()
        && spec.training().labelNoise().isEmpty()) {
      return new StudySamples(all, new int[0]);
    }
    return draw(all, spec);
  }

  private static StudySamples draw(DataSet all, TrialSpec spec) {
    int[] train = all.split().train();
    int held = spec.training().heldOut().orElse(0);
    int left = train.length - held;
    int used = spec.training().samples().orElse(Math.max(0, left));
    if (left < 1 || used > left) {
      throw new RunException(
          ExitCode.USAGE,
          "training.%s: %s has %d training samples%s, got %d"
              .formatted(
                  left < 1 ? "held-out" : "samples",
                  all.name(),
                  train.length,
                  left < 1 || held == 0 ? "" : ", %d of them held out".formatted(held),
                  left < 1 ? held : used));
    }
    Split first = pick(all, train, held, HELD_OUT_DRAW);
    Split second = pick(all, first.train(), used, SUBSET_DRAW);
    DataSet set = all.with(new Split(second.test(), all.split().test()));
    Optional<Double> noise = spec.training().labelNoise();
    return new StudySamples(
        noise.isEmpty() ? set : LabelNoise.replace(set, noise.get()), first.test());
  }

  /** Takes n of some samples class by class; returns those left and those taken. */
  private static Split pick(DataSet set, int[] from, int n, long draw) {
    Split s = Split.stratified(set.labels(from), set.classes(), n, draw);
    return new Split(of(from, s.train()), of(from, s.test()));
  }

  private static int[] of(int[] from, int[] positions) {
    return IntStream.of(positions).map(i -> from[i]).toArray();
  }

  /** Returns the data with one part in place of the test samples, and no training samples. */
  public DataSet measuredOn(ProbeSpec.Split split) {
    int[] part =
        switch (split) {
          case TEST -> data.split().test();
          case HELD_OUT -> heldOut;
          case TRAIN -> data.split().train();
        };
    return data.with(new Split(new int[0], part));
  }
}
