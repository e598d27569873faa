// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;

/** Random crops and flips. */
@Doc("Random crops and flips of the training images, drawn anew for each sample and epoch.")
public record AugmentSpec(
    @Doc("Pixels of zero padding on each side before a crop of the original size.")
        @Default("4")
        @Range(min = 0, max = 1000)
        int crop,
    @Doc("Mirror left and right with probability 1/2.") @Default("true") boolean flip) {

  public AugmentSpec {
    if (crop == 0 && !flip) {
      throw new IllegalArgumentException(
          "'augment' does nothing with crop 0 and no flip; leave it out");
    }
  }
}
