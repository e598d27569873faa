// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.AnalysisText;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.schedule.Shutdown;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.Names;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that brackets the Lipschitz constant of a user's own network. */
@Command(
    name = "lipschitz",
    mixinStandardHelpOptions = true,
    description = "Brackets the Lipschitz constant of a network's logits.",
    footer = {
      "",
      "Example:  ./rigor lipschitz --model m.onnx --data d.npz --norm l2 --json o.json"
    })
final class LipschitzCommand implements Callable<Integer> {
  /** Time between two lines of progress. */
  private static final long TELL_NANOS = 10_000_000_000L;

  private final AtomicReference<Analyses.LipschitzReport> last = new AtomicReference<>();
  private long started;
  private long told;
  private String bound = "";

  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Mixin private Fleet fleet;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "NPZ, CSV or image folder: inputs for Jacobians, the lower side.")
  private Path data;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "l2",
      description = "Norm on inputs and logits, l2 or linf (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--upper",
      paramLabel = "METHOD",
      defaultValue = "best",
      description =
          "product, or best: in l2 also multipliers of single units (LipSDP-Neuron), for chains of"
              + " layers of at most 3,072 units; seconds to minutes (default: ${DEFAULT-VALUE}).")
  private Upper upper;

  @Option(
      names = "--climb",
      paramLabel = "STEPS",
      defaultValue = "200",
      description =
          "Steps by which 200 points, half of them samples, climb to larger Jacobians, anywhere;"
              + " 0 for none (default: ${DEFAULT-VALUE}).")
  private int climb;

  /** Methods of the upper side. */
  private enum Upper {
    best,
    product
  }

  @Override
  @SuppressWarnings("try") // The shutdown hook acts by being open.
  public Integer call() {
    if (fleet.asked()) {
      ModelOptions.refuse(spec, "--models measures the product alone", "--upper");
      String line = "type: lipschitz, norm: " + Names.kebab(ModelOptions.norm(norm).name());
      List<String> shown =
          List.of(Scalar.LIPSCHITZ_LOWER, Scalar.LIPSCHITZ_UPPER, Scalar.MEDIAN_MARGIN);
      return fleet.run(spec, model, device, model.given(data, "--data=FILE"), line, shown);
    }
    if (climb < 0) {
      throw new ParameterException(
          spec.commandLine(), "--climb: expected a number of steps, 0 or more, got " + climb);
    }
    Optional<Path> inputs = Optional.ofNullable(data).map(d -> ModelOptions.presentData(d));
    var request =
        new Analyses.LipschitzRequest(
            model.model(),
            inputs,
            ModelOptions.norm(norm),
            model.box(),
            upper == Upper.best,
            climb);
    Cancellation cancellation = new Cancellation();
    cancellation.expendable(true); // the bracket so far is printed: nothing need be waited for
    Runnable lastWords =
        () -> {
          Analyses.LipschitzReport report = last.get();
          if (report != null) {
            print(report, List.of("interrupted: the bracket so far"));
          }
        };
    try (Shutdown hook = new Shutdown(cancellation, lastWords);
        Analyses engine =
            EngineProvider.load().analyses(device.request().withOutput(model.output()))) {
      Analyses.LipschitzReport report = engine.lipschitz(request, this::take);
      last.set(null);
      print(report, engine.notes());
    }
    return 0;
  }

  private void print(Analyses.LipschitzReport report, List<String> notes) {
    model.report(AnalysisText.of(report), AnalysisJson.of(report, model.made()), notes);
  }

  /** Keeps a bracket, and says from time to time how long the rest takes. */
  private void take(Analyses.LipschitzReport report, int measured, int all) {
    last.set(report);
    long now = System.nanoTime();
    if (measured == 0) {
      started = now;
      told = now;
      report
          .upper()
          .ifPresent(u -> bound = String.format(Locale.ROOT, ", at most %.6g", u.value()));
    } else if (measured < all && now - told > TELL_NANOS) {
      told = now;
      double left = (now - started) / 1e9 / measured * (all - measured);
      String least =
          report
              .lower()
              .flatMap(Analyses.LowerSide::value)
              .map(v -> String.format(Locale.ROOT, ": at least %.6g", v.value()))
              .orElse("");
      System.err.printf(
          Locale.ROOT,
          "jacobians of %d of %d samples%s%s; about %.0f s left%n",
          measured,
          all,
          least,
          bound,
          left);
    }
  }
}
