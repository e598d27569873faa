// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.HashSet;
import java.util.List;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;

/** Cheap measurements of the networks during training. */
@Doc(
    "Measurements of the networks during training: at initialisation, every so many epochs and at"
        + " the end. Accuracy and cross-entropy are always among them.")
public record ProbeSpec(
    @Doc("Epochs between probes.") @Range(min = 1, max = 1_000_000) int every,
    @Doc("Samples they are taken on, one history each: test, held-out, train.")
        @Default("[test]")
        @Length(min = 1, max = 3)
        List<Split> splits,
    @Doc("What is measured; leave 'samples' small, it is done at every probe.")
        @Default("[]")
        @Length(max = 20)
        List<MeasurementSpec> measurements) {

  /** The samples a probe uses. */
  public enum Split {
    TEST,
    HELD_OUT,
    TRAIN
  }

  public ProbeSpec {
    if (new HashSet<>(splits).size() < splits.size()) {
      throw new IllegalArgumentException("splits: one is given twice");
    }
  }
}
