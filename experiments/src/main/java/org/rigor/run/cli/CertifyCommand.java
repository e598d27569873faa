// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.rigor.certify.Branching;
import org.rigor.certify.Certificates;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.AnalysisText;
import org.rigor.run.analysis.CurveText;
import org.rigor.run.analysis.Decided;
import org.rigor.run.analysis.Effort;
import org.rigor.run.analysis.Instance;
import org.rigor.run.analysis.InstanceList;
import org.rigor.run.analysis.SampleVerdicts;
import org.rigor.run.analysis.SmoothedText;
import org.rigor.run.analysis.VerdictJson;
import org.rigor.run.analysis.VerdictText;
import org.rigor.run.provider.EngineProvider;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command that certifies a user's own network. */
@Command(
    name = "certify",
    mixinStandardHelpOptions = true,
    description = {
      "Certifies a network: on data, robust accuracy from below; or a property of VNN-LIB 1.x or"
          + " 2.0, which is verified, violated or unknown in real arithmetic."
    },
    footer = {
      "",
      "Exit codes of --vnnlib:     0 verified, 1 violated, 5 unknown, 4 a file cannot be used",
      "           of --instances, and of --data with --proof:",
      "                            0 all decided, 5 some unknown, 4 a file cannot be used",
      "",
      "Example:  ./rigor certify --model m.onnx --vnnlib p.vnnlib --proof p.proof",
      "          ./rigor check p.proof --model m.onnx --vnnlib p.vnnlib",
      "Example:  ./rigor certify --model m.onnx --data d.npz --epsilon 0.05 --proof d.proof",
      "          ./rigor check d.proof --model m.onnx --data d.npz --epsilon 0.05",
      "Example:  ./rigor certify --model m.onnx --data d.npz --norm linf --epsilon 0.05 --json"
          + " o.json"
    })
final class CertifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Mixin private Fleet fleet;
  @Mixin private SmoothingOptions smoothing;
  @Mixin private ScaleOptions scale;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "NPZ with x [N, ...] and y [N]; CSV with a label column; image folder.")
  private Path data;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      defaultValue = "crown",
      completionCandidates = CertificateNames.class,
      description =
          "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). smoothing is about another"
              + " classifier, the smoothed one.")
  private String method;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "linf or l2 (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--epsilon",
      paramLabel = "E",
      converter = NumberConverter.class,
      description = "Radius, in units of the input.")
  private Double epsilon;

  @Option(
      names = "--epsilons",
      paramLabel = "E,E..",
      split = ",",
      converter = NumberConverter.class,
      description =
          "Several radii, ascending, instead of --epsilon: at each the samples verified, violated"
              + " and unknown.")
  private List<Double> epsilons;

  @Option(
      names = "--budget",
      paramLabel = "N",
      description =
          "Most work on one ball of --epsilons, in rows times steps of ascent (default: 2000).")
  private Long budget;

  @Option(
      names = "--vnnlib",
      paramLabel = "FILE",
      description = "Property of the network to decide, instead of --data.")
  private Path property;

  @Option(
      names = "--instances",
      paramLabel = "FILE",
      description =
          "instances.csv of VNN-COMP: networks, properties and seconds, decided together.")
  private Path instances;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      converter = NumberConverter.class,
      description =
          "Seconds for a property (default: 60, or as listed); 0 leaves it unknown. Properties of"
              + " one network share their time.")
  private Double timeout;

  @Option(
      names = "--branching",
      paramLabel = "NAME",
      completionCandidates = BranchingNames.class,
      description =
          "By which score units are chosen that a search splits, of --vnnlib and --instances: one"
              + " of ${COMPLETION-CANDIDATES} (default: intercept).")
  private String branching;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write a result with its counterexample for each instance here.")
  private Path out;

  @Option(
      names = "--proof",
      paramLabel = "FILE",
      description =
          "Write what the verdict of --vnnlib rests on here, for ./rigor check; of --instances a"
              + " folder, with a file for each. Of --data (NPZ, linf) each sample is decided, as"
              + " properties are.")
  private Path proof;

  /** Names of the certificates, for help and completion. */
  static final class CertificateNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return methods().iterator();
    }
  }

  private static List<String> methods() {
    return Stream.concat(Certificates.names().stream(), Stream.of(SmoothingOptions.METHOD))
        .toList();
  }

  /** Names of the scores, for help and completion. */
  static final class BranchingNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Branching.words().iterator();
    }
  }

  @Override
  public Integer call() {
    int asked = (data == null ? 0 : 1) + (property == null ? 0 : 1) + (instances == null ? 0 : 1);
    if (asked > 1) {
      throw new RunException(
          ExitCode.USAGE, "--data, --vnnlib and --instances: one of them was required");
    }
    if (data == null && asked == 1) {
      ModelOptions.refuse(spec, "a property says its own region", "--norm", "--epsilon", "--box");
      ModelOptions.refuse(spec, "how a property is decided is not chosen", "--method");
      ModelOptions.refuse(spec, "a property names the outputs of the file", "--output");
    }
    if (!smoothing.is(method)) {
      ModelOptions.refuse(spec, "belongs to --method smoothing", SmoothingOptions.NAMES);
    }
    if (fleet.asked()) {
      String line = FleetLines.certify(spec, method, norm, epsilon, epsilons, budget);
      return fleet.run(spec, model, device, data, line, List.of("unknown-share"));
    }
    if (data == null || proof != null || epsilons != null || smoothing.is(method)) {
      ModelOptions.refuse(
          spec, "belongs to --data with --epsilon and a method of bounds", ScaleOptions.NAMES);
    }
    if (instances != null) {
      return decideAll();
    }
    return property != null ? decide() : certify();
  }

  private Branching branching() {
    try {
      return branching == null ? Branching.INTERCEPT : Branching.of(branching);
    } catch (IllegalArgumentException e) {
      throw new RunException(ExitCode.USAGE, "--" + e.getMessage(), e);
    }
  }

  private int certify() {
    Path network = model.model();
    if (branching != null) {
      throw new RunException(ExitCode.USAGE, "--branching: belongs to --vnnlib or --instances");
    }
    model.given(data, "--data=FILE");
    if (out != null || timeout != null && proof == null) {
      throw new RunException(
          ExitCode.USAGE, "--timeout and --out: belong to --vnnlib, --instances or a --proof");
    }
    if (smoothing.is(method)) {
      return smooth(network);
    }
    if (epsilons != null) {
      return curve(network);
    }
    ModelOptions.refuse(spec, "belongs to --epsilons", "--budget");
    double radius = model.given(epsilon, "--epsilon=E");
    if (proof != null) {
      ModelOptions.refuse(spec, "how samples are decided for a --proof is not chosen", "--method");
      ModelOptions.refuse(spec, "a --proof is about a file of one output", "--output");
      return prove(network, ModelOptions.epsilon(radius));
    }
    requireMethod();
    var request =
        new Analyses.CertifyRequest(
            network,
            ModelOptions.presentData(data),
            method,
            scale.threat(ModelOptions.norm(norm), model.box()),
            ModelOptions.epsilon(radius));
    try (Analyses engine = engine()) {
      Analyses.CertifyReport report = engine.certify(request);
      model.report(AnalysisText.of(report), AnalysisJson.of(report, model.made()), engine.notes());
    }
    return 0;
  }

  private void requireMethod() {
    if (!methods().contains(method)) {
      throw new RunException(
          ExitCode.USAGE,
          "--method: expected one of %s, got '%s'".formatted(String.join(", ", methods()), method));
    }
  }

  /** Certifies the smoothed classifier. */
  private int smooth(Path network) {
    ModelOptions.refuse(spec, "goes without --method smoothing", "--proof", "--budget");
    if (epsilons == null) {
      epsilons = List.of(model.given(epsilon, "--epsilon=E"));
    } else if (epsilon != null) {
      throw new RunException(ExitCode.USAGE, "--epsilons: goes without --epsilon and --proof");
    }
    ModelOptions.epsilons(epsilons);
    var request =
        smoothing.request(network, ModelOptions.presentData(data), norm, epsilons, model.box());
    try (Analyses engine = engine()) {
      SmoothedText found = new SmoothedText(engine.certify(request));
      model.report(found.text(), found.json(model.made()), engine.notes());
    }
    return 0;
  }

  /** Decides the balls around samples at several radii. */
  private int curve(Path network) {
    requireMethod();
    if (epsilon != null || proof != null) {
      throw new RunException(ExitCode.USAGE, "--epsilons: goes without --epsilon and --proof");
    }
    if (budget != null && (budget < 1 || !Certificates.decides(method))) {
      throw new RunException(
          ExitCode.USAGE,
          "--budget: must be >= 1, with a --method that searches (beta-crown), got %d and %s"
              .formatted(budget, method));
    }
    ModelOptions.epsilons(epsilons);
    var request =
        new Analyses.CurveRequest(
            network,
            ModelOptions.presentData(data),
            method,
            new Threat(ModelOptions.norm(norm), model.box()),
            epsilons,
            budget == null ? 2000 : budget);
    try (Analyses engine = engine()) {
      CurveText found = new CurveText(engine.certify(request));
      model.report(found.text(), found.json(model.made()), engine.notes());
    }
    return 0;
  }

  /** Decides the balls around samples, and writes what the verdicts rest on. */
  private int prove(Path network, double radius) {
    if (ModelOptions.norm(norm) != Norm.LINF) {
      throw new RunException(
          ExitCode.USAGE, "--proof: of --data needs --norm linf, got '" + norm + "'");
    }
    model.checkOutput();
    ModelOptions.writable(proof);
    var request =
        new Analyses.SamplesRequest(
            network,
            ModelOptions.presentData(data),
            BigDecimal.valueOf(radius),
            model.box(),
            seconds().orElse(60));
    SampleJob job = new SampleJob(request, proof);
    int all = job.require();
    job.run(
        this::engine,
        (words, notes) -> {
          var verdicts = new SampleVerdicts(request, job.decided(), all);
          Effort effort = job.effort();
          model.report(verdicts.text(effort), verdicts.json(words, effort, model.made()), notes);
        });
    boolean open = new SampleVerdicts(request, job.decided(), all).unknown() > 0;
    return open ? ExitCode.UNDECIDED.code() : ExitCode.OK.code();
  }

  /** Returns the seconds given. */
  private OptionalDouble seconds() {
    if (timeout != null && timeout < 0) {
      throw new RunException(ExitCode.USAGE, "--timeout: must be >= 0, got " + timeout);
    }
    return timeout == null ? OptionalDouble.empty() : OptionalDouble.of(timeout);
  }

  private int decide() {
    Path network = model.model();
    Instance instance =
        Instance.of(network, ModelOptions.present(property, "property"), seconds().orElse(60));
    if (proof != null) {
      ModelOptions.writable(proof);
    }
    VerdictJob job =
        new VerdictJob(
            List.of(instance), Optional.ofNullable(out), proofs(false), branching(), false);
    List<Decided> all =
        job.run(
            this::engine,
            (found, effort) -> {
              job.store(found);
              found.stream().filter(d -> d.verdict().isPresent()).forEach(d -> report(d, effort));
            });
    Decided only = all.get(0);
    if (only.verdict().isEmpty()) {
      throw new RunException(ExitCode.DATA, only.error());
    }
    return VerdictJob.exit(only).code();
  }

  private void report(Decided d, Effort effort) {
    model.report(VerdictText.one(d), VerdictJson.of(List.of(d), effort, model.made()), d.notes());
  }

  private int decideAll() {
    model.checkOutput();
    if (model.named()) {
      throw new RunException(ExitCode.USAGE, "--model: --instances names the networks");
    }
    List<Instance> list =
        InstanceList.read(ModelOptions.present(instances, "list of instances"), seconds());
    VerdictJob job =
        new VerdictJob(list, Optional.ofNullable(out), proofs(true), branching(), false);
    List<Decided> all =
        job.run(
            this::engine,
            (found, effort) -> {
              job.store(found);
              String text = VerdictJob.text(found, effort, list.size());
              model.report(text, VerdictJson.of(found, effort, model.made()), List.of());
            });
    return VerdictJob.exit(all).code();
  }

  private Optional<Proofs> proofs(boolean folder) {
    return Optional.ofNullable(proof).map(target -> new Proofs(target, folder));
  }

  private Analyses engine() {
    return EngineProvider.load().analyses(device.request().withOutput(model.output()));
  }
}
