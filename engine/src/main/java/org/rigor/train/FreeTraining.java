// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Optional;
import org.rigor.threat.Norm;

/**
 * Free adversarial training (Shafahi et al. 2019, algorithm 1): each batch is used for {@code
 * replays} updates, and the gradient of each update also moves the perturbation, by a step of
 * epsilon times the relative step (1 in the paper) that is projected to the ball. The perturbation
 * starts at 0 and is kept from batch to batch, by position in the batch.
 *
 * <p>An epoch has the same number of updates as with any other method, so it visits only 1 /
 * replays of the samples.
 */
public record FreeTraining(Norm norm, int replays) implements CrossEntropy {
  public FreeTraining {
    if (replays < 1) {
      throw new IllegalArgumentException("free training: replays must be >= 1, got " + replays);
    }
  }

  @Override
  public Optional<Replay> replay() {
    return Optional.of(new Replay(replays, norm));
  }
}
