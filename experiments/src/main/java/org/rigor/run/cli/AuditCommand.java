// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.report.AuditReport;
import org.rigor.run.report.Requirement;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.yaml.Problem;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command that measures one network, or two beside each other, from every side. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Measures what a network is worth in the worst case, on one page.",
    footer = {
      "",
      "Example:  ./rigor audit --model m.onnx --data test.npz --require certified:4/255=0.5",
      "          ./rigor audit --model new.onnx --against old.onnx --data test.npz"
    })
final class AuditCommand implements Callable<Integer> {
  private static final int MOST_LAYERS = 32;

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "NPZ with x [N, ...] and y [N]; CSV with a label column; image folder.")
  private Path data;

  @Option(
      names = "--image",
      paramLabel = "H,W,C",
      split = ",",
      description = "Height, width and channels of images that are stored as rows of numbers.")
  private List<Integer> image = new ArrayList<>();

  @Option(
      names = "--against",
      paramLabel = "FILE",
      description = "A second network, measured beside the first and compared sample by sample.")
  private Path against;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "Folder of ONNX files of one architecture instead of --model: all are measured together,"
              + " each as it would be alone, and stand side by side.")
  private Path folder;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "linf or l2 (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--epsilons",
      paramLabel = "E,...",
      split = ",",
      converter = NumberConverter.class,
      description = "Radii (default: 1, 2, 4, 8 and 16 over 255, 0.1, 0.2, 0.3).")
  private List<Double> epsilons = AuditStudy.RADII;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Samples measured, from the first; 0 means all (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--budget",
      paramLabel = "N",
      defaultValue = "120",
      description =
          "Most work of the search on one ball, in rows times steps of ascent (default:"
              + " ${DEFAULT-VALUE}).")
  private long budget;

  @Option(
      names = "--error",
      paramLabel = "SHARE",
      defaultValue = "0.01",
      converter = NumberConverter.class,
      description =
          "Error wished of the answers: an alert threshold of confidence is fitted for it (default:"
              + " ${DEFAULT-VALUE}).")
  private double error;

  @Option(
      names = "--require",
      paramLabel = "SIDE:E=SHARE",
      description = {
        "Share of the samples that must be certified or must survive (attacked) at a radius,",
        "such as certified:8/255=0.6; exit code 1 if it is missed, 5 if it is undecided."
      })
  private List<String> requirements = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs",
      description = "Folder of the run folder (default: ${DEFAULT-VALUE}).")
  private Path out;

  private List<Requirement> required;

  /** Returns the network, or the folder of networks. */
  private Path subject() {
    if (folder == null) {
      return model.model();
    }
    ModelOptions.refuse(spec, "--models names the networks", "--model", "--against");
    model.checkOutput();
    Fleet.files(folder);
    return folder;
  }

  private AuditStudy study() {
    required = requirements.stream().map(Requirement::parse).toList();
    TreeSet<Double> radii = new TreeSet<>(epsilons);
    required.forEach(r -> radii.add(r.epsilon()));
    if (!(radii.first() >= 0) || Double.isInfinite(radii.last())) {
      throw new RunException(
          ExitCode.USAGE, "--epsilons: must be finite and >= 0, got " + epsilons);
    }
    radii.remove(0.0);
    if (radii.isEmpty()) {
      throw new RunException(ExitCode.USAGE, "--epsilons: needs a radius above 0");
    }
    if (samples < 0 || budget < 1) {
      throw new RunException(ExitCode.USAGE, "--samples must be >= 0 and --budget >= 1");
    }
    if (!(error >= 0 && error < 1)) {
      throw new RunException(ExitCode.USAGE, "--error: must be a share from 0 to 1, got " + error);
    }
    if (!image.isEmpty() && image.size() != 3) {
      throw new RunException(
          ExitCode.USAGE, "--image: expected height, width and channels, 28,28,1, got " + image);
    }
    ModelOptions.norm(norm);
    List<Path> models = new ArrayList<>(List.of(subject()));
    if (against != null) {
      models.add(ModelOptions.present(against, "network"));
      if (against.toAbsolutePath().normalize().equals(models.get(0).toAbsolutePath().normalize())) {
        throw new RunException(ExitCode.USAGE, "--against: is the network of --model");
      }
    }
    return new AuditStudy(
        models,
        model.output(),
        ModelOptions.presentData(data),
        image,
        norm,
        List.copyOf(radii),
        model.box(),
        samples,
        budget,
        error,
        0);
  }

  @Override
  public Integer call() throws IOException {
    AuditStudy asked = study();
    Files.createDirectories(out);
    Path file = out.resolve(asked.name() + ".yaml");
    try (StudyEngine engine = EngineProvider.load().study(device.request())) {
      Map<String, String> omitted = new LinkedHashMap<>();
      AuditStudy audit = asked.withLayers(layers(asked, file, engine));
      List<String> kept = measurable(audit, file, engine, omitted);
      StudyJob.Setting setting = Fleet.setting(spec, engine, out, audit.name());
      StudyFile study = read(audit, file, kept);
      StudyJob.Ending ending = NetworkJob.of(study, setting).run();
      if (ending.interrupted() || ending.exit() != 0) {
        return failed(out.resolve(audit.name()), ending);
      }
      return report(new AuditReport(RunRecord.open(out.resolve(audit.name())), required, omitted));
    }
  }

  private int failed(Path folder, StudyJob.Ending ending) {
    if (!ending.interrupted()) {
      RunRecord run = RunRecord.open(folder);
      run.results().values().stream()
          .filter(r -> !r.finished())
          .forEach(r -> System.err.println("rigor: " + r.message()));
    }
    return ending.exit();
  }

  private int report(AuditReport report) throws IOException {
    report.write();
    Path folder = report.run().folder().root();
    model.report(
        report.text() + "%npage     %s%n".formatted(folder.resolve("audit.html")),
        Files.readString(folder.resolve("audit.json")),
        List.of());
    return switch (report.standing()) {
      case HOLDS -> ExitCode.OK.code();
      case MISSED -> ExitCode.FAILED.code();
      case UNDECIDED -> ExitCode.UNDECIDED.code();
    };
  }

  /** Returns the measurements that every network and the data allow; notes why others are not. */
  private static List<String> measurable(
      AuditStudy audit, Path file, StudyEngine engine, Map<String, String> omitted)
      throws IOException {
    List<String> kept = new ArrayList<>(List.of(AuditStudy.VERDICTS));
    try {
      Prepared.of(read(audit, file, kept), engine);
    } catch (SpecException e) {
      throw new RunException(ExitCode.DATA, reasons(e), e);
    }
    for (String name : audit.measurements().keySet()) {
      try {
        Prepared.of(read(audit, file, List.of(AuditStudy.VERDICTS, name)), engine);
        kept.add(name);
      } catch (SpecException e) {
        String prefix = "measurements: %s cannot be taken of this network: ".formatted(name);
        omitted.put(name, reasons(e).replace(prefix, ""));
      }
    }
    return kept.stream().distinct().toList();
  }

  /** Returns how many hidden layers every network has, up to the most that are named. */
  private static int layers(AuditStudy audit, Path file, StudyEngine engine) throws IOException {
    int has = 0;
    int lacks = MOST_LAYERS + 1;
    while (lacks - has > 1) {
      int half = (has + lacks) / 2;
      try {
        List<String> both = List.of(AuditStudy.VERDICTS, AuditStudy.LAYERS);
        Prepared.of(read(audit.withLayers(half), file, both), engine);
        has = half;
      } catch (SpecException e) {
        lacks = half;
      }
    }
    return has;
  }

  /** Returns all that is wrong with a study, in words. */
  static String reasons(SpecException e) {
    return e.problems().stream().map(Problem::message).distinct().collect(Collectors.joining("; "));
  }

  private static StudyFile read(AuditStudy audit, Path file, List<String> kept) throws IOException {
    AtomicFile.write(file, audit.text(kept));
    return StudyFile.read(file, List.of());
  }
}
