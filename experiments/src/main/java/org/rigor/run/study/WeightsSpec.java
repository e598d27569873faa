// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;

/** Which mean of the weights along the training is the trained network. */
@Doc("Average of the weights along the training, taken as the trained network.")
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
}
