// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rigor.certify.Branching;
import org.rigor.property.vnnlib.Query;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Assignment;
import org.rigor.run.analysis.Decided;
import org.rigor.run.analysis.Instance;
import org.rigor.run.provider.EngineProvider;
import org.rigor.verify.Counterexample;
import org.rigor.verify.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The standard's command {@code verify}: prints {@code sat} with an assignment, {@code unsat},
 * {@code unknown} or {@code timed-out}, and everything else on standard error.
 */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Looks for inputs that satisfy a query; exits with 0 whatever the answer.")
final class VnnlibVerify implements Callable<Integer> {
  @Parameters(paramLabel = "QUERY", description = "VNN-LIB file.")
  private Path query;

  @Option(
      names = "--network",
      required = true,
      paramLabel = "NAME=FILE",
      description = "The ONNX file of a declared network.")
  private Map<String, Path> networks = new LinkedHashMap<>();

  @Option(
      names = "--timeout",
      paramLabel = "S",
      description = "Most seconds to spend (default: no limit).")
  private Integer timeout;

  @Mixin private DeviceOptions device;

  @Override
  public Integer call() {
    if (timeout != null && timeout < 0) {
      throw new RunException(ExitCode.USAGE, "--timeout: must be >= 0, got " + timeout);
    }
    Query q = VnnLib.read(ModelOptions.present(query, "query"));
    if (networks.size() != 1 || !networks.containsKey(q.network())) {
      throw new RunException(
          ExitCode.USAGE,
          "--network: the query declares %s alone, got %s"
              .formatted(q.network(), String.join(", ", networks.keySet())));
    }
    Path model = ModelOptions.present(networks.get(q.network()), "network");
    Instance instance =
        Instance.of(model, query, timeout == null ? Double.POSITIVE_INFINITY : timeout);
    VerdictJob job =
        new VerdictJob(
            List.of(instance), Optional.empty(), Optional.empty(), Branching.INTERCEPT, true);
    List<Decided> all =
        job.run(() -> EngineProvider.load().analyses(device.request()), (found, effort) -> {});
    Decided d = all.get(0);
    d.notes().forEach(n -> System.err.println("note: " + n));
    if (d.verdict().isEmpty()) {
      throw new RunException(ExitCode.DATA, d.error());
    }
    System.out.println(d.result().equals("timeout") ? "timed-out" : d.result());
    Optional<Counterexample> point = d.verdict().flatMap(Verdict::counterexample);
    point.ifPresent(c -> System.out.print(Assignment.standard(d.query().orElseThrow(), c)));
    return 0;
  }
}
