// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Range;

/** A figure of the report. */
@Doc("A figure of the report.")
public sealed interface FigureSpec {

  @Doc("Certified and attacked accuracy over epsilon, the undecided band shaded.")
  record Bracket(@Doc("Heading.") @Label @Default("''") String title) implements FigureSpec {}

  @Doc("Lipschitz bracket per method, alone and over the median margin.")
  record LipschitzBracket(@Doc("Heading.") @Label @Default("''") String title)
      implements FigureSpec {}

  @Doc("The samples an attack breaks at the smallest epsilon, before and after.")
  record FirstToFall(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Number of samples per method.") @Default("8") @Range(min = 1, max = 40) int count)
      implements FigureSpec {}

  @Doc("Training loss over epochs.")
  record History(@Doc("Heading.") @Label @Default("''") String title) implements FigureSpec {}
}
