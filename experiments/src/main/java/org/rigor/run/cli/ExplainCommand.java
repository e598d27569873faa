// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.concurrent.Callable;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.Study;
import org.rigor.run.yaml.Explain;
import org.rigor.run.yaml.JsonSchema;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Explains the keys of a study. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Explains a key of a study, or all of them.",
    footer = {"", "Example:  ./rigor explain training.methods.pgd.epsilon"})
final class ExplainCommand implements Callable<Integer> {
  @Parameters(index = "0", arity = "0..1", paramLabel = "KEY", defaultValue = "")
  private String key;

  @Option(names = "--json-schema", description = "Print a JSON Schema of studies, for editors.")
  private boolean schema;

  @Override
  public Integer call() {
    try {
      System.out.print(schema ? JsonSchema.of(Study.class) : Explain.key(Study.class, key));
      return 0;
    } catch (IllegalArgumentException e) {
      throw new RunException(ExitCode.USAGE, e.getMessage(), e);
    }
  }
}
