// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.List;
import java.util.Map;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.Tree;

/** One YAML file of {@code type: theory}: laws, each measured beside its prediction. */
@Doc(
    "A study of laws: what a theory predicts beside what is measured. The file says 'type: theory'.")
public record TheoryStudy(
    @Doc("Name of the run folder: letters, digits, '.', '_' and '-'.")
        @Label
        @Length(min = 1, max = 100)
        String name,
    @Doc("Heading of the report.") @Label @Default("''") @Length(max = 300) String title,
    @Doc("What the study asks, in a sentence or two.") @Label @Default("''") @Length(max = 2000)
        String question,
    @Doc("Laws, in the order of the report.") @Length(min = 1, max = 1000) List<Law> laws,
    @Doc("Seed that all draws derive from.")
        @Default("0")
        @Range(min = 0, max = 9_007_199_254_740_992.0)
        long seed,
    @Doc("Values that --smoke puts in place of those above, by key path.")
        @Label
        @Default("{}")
        @Length(max = 100)
        Map<String, Tree> smoke) {

  public TheoryStudy {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "name: must be letters, digits, '.', '_' and '-', got '" + name + "'");
    }
  }
}
