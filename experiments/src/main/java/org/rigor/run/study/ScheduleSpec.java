// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;

/** The course of the learning rate over training. */
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

  @Doc("The learning rate is multiplied by a factor at some shares of the steps.")
  record Drops(
      @Doc("Shares of all steps, ascending.")
          @Default("[0.5, 0.75]")
          @Length(min = 1, max = 20)
          @Range(min = 0, max = 1, minOpen = true, maxOpen = true)
          List<Double> at,
      @Doc("Factor of each drop.") @Default("0.1") @Range(min = 0, max = 1, minOpen = true)
          double factor)
      implements ScheduleSpec {}
}
