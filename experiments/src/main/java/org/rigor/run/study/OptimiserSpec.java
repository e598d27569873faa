// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Inline;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;

/** The update rule of the parameters. */
@Doc("Optimiser.")
public sealed interface OptimiserSpec {

  /** The options common to Adam and AdamW. */
  record Moments(
      @Doc("Learning rate at the peak of the schedule.")
          @PerModel
          @Range(min = 0, max = 1e6, minOpen = true)
          double learningRate,
      @Doc("Decay of the first moment.")
          @PerModel
          @Default("0.9")
          @Range(min = 0, max = 1, maxOpen = true)
          double beta1,
      @Doc("Decay of the second moment.")
          @PerModel
          @Default("0.999")
          @Range(min = 0, max = 1, maxOpen = true)
          double beta2,
      @Doc("Term added to the denominator.")
          @PerModel
          @Default("1e-8")
          @Range(min = 0, max = 1, minOpen = true)
          double stabiliser) {}

  @Doc("Stochastic gradient descent.")
  record Sgd(
      @Doc("Learning rate at the peak of the schedule.")
          @PerModel
          @Range(min = 0, max = 1e6, minOpen = true)
          double learningRate,
      @Doc("Momentum.") @PerModel @Default("0.9") @Range(min = 0, max = 1, maxOpen = true)
          double momentum,
      @Doc("Nesterov's form of momentum.") @Default("false") boolean nesterov,
      @Doc("L2 penalty added to the gradient.") @PerModel @Default("0") @Range(min = 0, max = 10)
          double weightDecay)
      implements OptimiserSpec {}

  @Doc("Adam (Kingma and Ba 2015).")
  record Adam(
      @Inline Moments moments,
      @Doc("L2 penalty added to the gradient.") @PerModel @Default("0") @Range(min = 0, max = 10)
          double weightDecay)
      implements OptimiserSpec {}

  @Doc("AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019).")
  record Adamw(
      @Inline Moments moments,
      @Doc("Decoupled weight decay.") @PerModel @Default("0.01") @Range(min = 0, max = 10)
          double weightDecay)
      implements OptimiserSpec {}

  @Doc("None, for networks that are not trained here.")
  record None() implements OptimiserSpec {}
}
