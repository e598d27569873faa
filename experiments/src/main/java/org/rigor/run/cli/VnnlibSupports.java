// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** The standard's command {@code supports}: what queries and networks may contain. */
@Command(
    name = "supports",
    description = "Prints what is supported of a capability that the standard names.")
final class VnnlibSupports implements Callable<Integer> {
  /** What is supported, by names that look like options. */
  static final Map<String, String> CAPABILITIES = new LinkedHashMap<>();

  static {
    CAPABILITIES.put("--onnx-opset-versions", "7\n28\n");
    CAPABILITIES.put("--onnx-element-types", "real\n");
    // all of them have bounds, choices where they do not jump
    CAPABILITIES.put(
        "--onnx-operators",
        OnnxNetwork.operators().stream().sorted().collect(Collectors.joining("\n", "", "\n")));
    CAPABILITIES.put("--vnnlib-versions", "2.0\n2.0\n");
    CAPABILITIES.put("--hidden-node-theories", "NH\n");
    CAPABILITIES.put("--multiple-input-output-theories", "SIO\n");
    CAPABILITIES.put("--multiple-network-theories", "SNET\n");
    CAPABILITIES.put("--multiple-node-comparison-theories", "SNC\nMNC\n");
    CAPABILITIES.put("--arithmetic-complexity-theories", "BND\nOUTC\nLIN\n");
    CAPABILITIES.put("--optimised-disjunctive-reasoning", "false\n");
    CAPABILITIES.put("--serialise-assignments", "false\n");
  }

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  private boolean help;

  @Unmatched private List<String> asked = new ArrayList<>();

  @Override
  public Integer call() {
    String answer = asked.size() == 1 ? CAPABILITIES.get(asked.get(0)) : null;
    if (answer == null) {
      throw new RunException(
          ExitCode.USAGE,
          "supports: expected one of %s, got '%s'"
              .formatted(String.join(", ", CAPABILITIES.keySet()), String.join(" ", asked)));
    }
    System.out.print(answer);
    return 0;
  }
}
