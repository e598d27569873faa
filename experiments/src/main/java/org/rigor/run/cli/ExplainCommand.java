// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.Study;
import org.rigor.run.theory.TheoryStudy;
import org.rigor.run.yaml.Explain;
import org.rigor.run.yaml.JsonSchema;
import org.rigor.run.yaml.KeySpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that explains the keys of a study. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Explains a key of a study, or all of them.",
    footer = {
      "",
      "Example:  ./rigor explain training.methods.pgd.epsilon",
      "          ./rigor explain laws"
    })
final class ExplainCommand implements Callable<Integer> {
  @Parameters(index = "0", arity = "0..1", paramLabel = "KEY", defaultValue = "")
  private String key;

  @Option(names = "--json-schema", description = "Print a JSON Schema of studies, for editors.")
  private boolean schema;

  /** Kinds of study by their top-level {@code type:}; a study of networks has none. */
  private static final Map<String, Class<?>> KINDS = Map.of("theory", TheoryStudy.class);

  private String text() {
    if (key.isEmpty()) {
      return Explain.key(Study.class, "")
          + "\nWith 'type: theory' at the top it is another kind of study:\n"
          + Explain.key(TheoryStudy.class, "");
    }
    String first = key.split("[.\\[]", 2)[0];
    boolean network = KeySpec.of(Study.class).stream().anyMatch(k -> k.name().equals(first));
    boolean theory = KeySpec.of(TheoryStudy.class).stream().anyMatch(k -> k.name().equals(first));
    return Explain.key(theory && !network ? TheoryStudy.class : Study.class, key);
  }

  @Override
  public Integer call() {
    try {
      System.out.print(schema ? JsonSchema.of(KINDS, Study.class) : text());
      return 0;
    } catch (IllegalArgumentException e) {
      throw new RunException(ExitCode.USAGE, e.getMessage(), e);
    }
  }
}
