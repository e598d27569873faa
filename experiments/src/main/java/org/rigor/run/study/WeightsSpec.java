// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** The choice of weights for the trained network, if not the last. */
@Doc("Weights along the training that are the trained network: an average, or the best epoch's.")
public sealed interface WeightsSpec {

  @Doc("Exponential moving average after each step, from the initial weights on.")
  record Ema(
      @Doc("Share of the average that a step keeps.")
          @PerModel
          @Default("0.995")
          @Range(min = 0, max = 1, maxOpen = true)
          double decay)
      implements WeightsSpec {}

  @Doc(
      "Stochastic weight averaging (Izmailov et al. 2018): the equal mean at the ends of late"
          + " epochs. Running statistics are averaged too.")
  record Swa(
      @Doc("Share of the epochs that is left out at the start.")
          @PerModel
          @Default("0.75")
          @Range(min = 0, max = 1, maxOpen = true)
          double start)
      implements WeightsSpec {}

  @Doc(
      "Early stopping: the weights of the epoch best on held-out samples under attack, never on"
          + " test samples; of equal epochs the first. Needs 'held-out'.")
  record HeldOut(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Radius of the ball; 0 for clean accuracy.") @Range(min = 0, max = 1e6) double epsilon,
      @Doc("Steps of the attack.") @Default("10") @Range(min = 1, max = 100_000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @Default("0.25")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep)
      implements WeightsSpec {}
}
