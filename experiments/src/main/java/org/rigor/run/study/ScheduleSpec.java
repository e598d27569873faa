// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;

/** How the learning rate moves over training. */
@Doc("Learning-rate schedule.")
public sealed interface ScheduleSpec {

  @Doc("The learning rate stays as it is.")
  record Constant() implements ScheduleSpec {}

  @Doc("Linear warm-up, then half a cosine down to the final share.")
  record Cosine(
      @Doc("Share of all steps spent warming up.")
          @Default("0")
          @Range(min = 0, max = 1, maxOpen = true)
          double warmUp,
      @Doc("Learning rate at the end, as a share of the peak.")
          @Default("0")
          @Range(min = 0, max = 1)
          double finalShare)
      implements ScheduleSpec {}

  @Doc("Linear warm-up, then linear decay to the final share.")
  record Linear(
      @Doc("Share of all steps spent warming up.")
          @Default("0")
          @Range(min = 0, max = 1, maxOpen = true)
          double warmUp,
      @Doc("Learning rate at the end, as a share of the peak.")
          @Default("0")
          @Range(min = 0, max = 1)
          double finalShare)
      implements ScheduleSpec {}
}
