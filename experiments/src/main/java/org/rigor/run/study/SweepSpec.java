// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OrCount;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.Tree;

/** The trials of a study: methods x grid x seeds. */
@Doc("Which trials the study consists of: methods x grid x seeds.")
public record SweepSpec(
    @Doc("Seeds, as a list or as a number n for 0..n-1.")
        @OrCount
        @Length(min = 1, max = 100_000)
        @Range(min = 0, max = 9_007_199_254_740_992.0)
        List<Long> seeds,
    @Doc("Key paths and the values each takes; every combination is run.")
        @Default("{}")
        @Length(max = 16)
        Map<String, List<Tree>> grid) {

  public SweepSpec {
    if (new HashSet<>(seeds).size() < seeds.size()) {
      throw new IllegalArgumentException("a seed is given twice in " + seeds);
    }
    grid.forEach(
        (path, values) -> {
          if (values.isEmpty()) {
            throw new IllegalArgumentException("grid '" + path + "' is empty: no trial would run");
          }
        });
  }
}
