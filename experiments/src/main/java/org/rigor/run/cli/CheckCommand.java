// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.rigor.check.Checker;
import org.rigor.io.AtomicFile;
import org.rigor.io.DataException;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.Instance;
import org.rigor.run.analysis.InstanceList;
import org.rigor.threat.Norm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command that checks a proof, without the code that made it. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Checks a proof of certify against the network and what was asked.",
    footer = {
      "",
      "Example:  ./rigor check p.proof --model m.onnx --vnnlib p.vnnlib",
      "          ./rigor check proofs --instances instances.csv",
      "",
      "Exit codes:  0 the proof decides everything that was asked, 1 it does not, 4 a file cannot",
      "             be used: it is damaged, about something else, or beyond what the checker knows"
    })
final class CheckCommand implements Callable<Integer> {
  private static final String[] OF_ONE = {
    "--model", "--vnnlib", "--data", "--norm", "--epsilon", "--box"
  };

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "PROOF",
      description = "File that certify --proof wrote, or of --instances the folder.")
  private Path proof;

  @Option(names = "--model", paramLabel = "FILE", description = "Network as an ONNX file.")
  private Path model;

  @Option(
      names = "--instances",
      paramLabel = "FILE",
      description = "instances.csv that was decided: each instance must have its proof.")
  private Path instances;

  @Option(names = "--vnnlib", paramLabel = "FILE", description = "Property in VNN-LIB 1.")
  private Path property;

  @Option(names = "--data", paramLabel = "FILE", description = "NPZ with x [N, ...] and y [N].")
  private Path data;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "linf or l2, of --data (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--epsilon",
      paramLabel = "E",
      description = "Radius of --data, an exact decimal, in units of the input.")
  private BigDecimal epsilon;

  @Option(
      names = "--box",
      paramLabel = "LO,HI",
      defaultValue = "0,1",
      description = "Range of the inputs of --data, or none (default: ${DEFAULT-VALUE}).")
  private String box;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result here.")
  private Path json;

  @Override
  public Integer call() {
    List<Checker.Result> results = instances == null ? one() : each();
    results.forEach(r -> System.out.printf("%s: %s (%s)%n", r.name(), r.verdict(), r.why()));
    long accepted = results.stream().filter(Checker.Result::accepted).count();
    System.out.printf(
        "%d of %d proved: %d verified, %d violated%n",
        accepted, results.size(), count(results, "verified"), count(results, "violated"));
    if (json != null) {
      AtomicFile.write(json, text(results));
    }
    return accepted == results.size() ? ExitCode.OK.code() : ExitCode.FAILED.code();
  }

  private List<Checker.Result> one() {
    if (model == null) {
      throw new RunException(ExitCode.USAGE, "check: expected --model FILE, or --instances FILE");
    }
    if ((property == null) == (data == null) || (data == null) != (epsilon == null)) {
      throw new RunException(
          ExitCode.USAGE, "check: expected --vnnlib FILE, or --data FILE and --epsilon E");
    }
    if (property != null) {
      ModelOptions.refuse(spec, "a property says its own region", "--norm", "--box");
    }
    if (epsilon != null && epsilon.signum() < 0) {
      throw new RunException(ExitCode.USAGE, "--epsilon: must be >= 0, got " + epsilon);
    }
    requireOutput();
    ModelOptions.present(proof, "proof");
    Checker checker = new Checker(ModelOptions.present(model, "network"));
    return property != null
        ? checker.property(proof, ModelOptions.present(property, "property"))
        : checker.data(
            proof,
            ModelOptions.present(data, "data set"),
            ModelOptions.norm(norm) == Norm.L2,
            epsilon,
            ends());
  }

  private void requireOutput() {
    if (json != null) {
      ModelOptions.writable(json);
    }
  }

  /** Checks a list; what has no proof, or none that can be used, is not proved. */
  private List<Checker.Result> each() {
    ModelOptions.refuse(spec, "--instances names networks and properties", OF_ONE);
    requireOutput();
    if (!Files.isDirectory(proof)) {
      throw new RunException(ExitCode.DATA, "no folder of proofs at " + proof);
    }
    Path list = ModelOptions.present(instances, "list of instances");
    Map<Path, Checker> checkers = new ConcurrentHashMap<>();
    return InstanceList.read(list, OptionalDouble.empty()).parallelStream()
        .map(i -> check(i, checkers))
        .toList();
  }

  private Checker.Result check(Instance i, Map<Path, Checker> checkers) {
    String name = i.label().model() + ", " + i.label().property();
    Path file = proof.resolve(VerdictJob.name(i) + ".proof");
    if (!Files.isRegularFile(file)) {
      return new Checker.Result(i.number(), name, "unproved", "there is no " + file);
    }
    try {
      Checker checker = checkers.computeIfAbsent(i.model(), Checker::new);
      Checker.Result r = checker.property(file, i.property()).get(0);
      return new Checker.Result(i.number(), name, r.verdict(), r.why());
    } catch (DataException e) {
      return new Checker.Result(i.number(), name, "unproved", e.getMessage());
    }
  }

  private static long count(List<Checker.Result> results, String verdict) {
    return results.stream().filter(r -> r.verdict().equals(verdict)).count();
  }

  /** Returns the ends of the box as exact decimals, or null. */
  private BigDecimal[] ends() {
    if (box.equals("none")) {
      return null;
    }
    try {
      String[] ends = box.split(",", -1);
      if (ends.length == 2) {
        BigDecimal[] both = {new BigDecimal(ends[0].strip()), new BigDecimal(ends[1].strip())};
        if (both[0].compareTo(both[1]) < 0) {
          return both;
        }
      }
    } catch (NumberFormatException e) {
      throw new RunException(ExitCode.USAGE, "--box: expected decimals, got '" + box + "'");
    }
    throw new RunException(
        ExitCode.USAGE, "--box: expected LO,HI with LO < HI, or none, got '" + box + "'");
  }

  private String text(List<Checker.Result> results) {
    JsonObject o = new JsonObject();
    o.addProperty("proof", proof.toString());
    o.addProperty(model == null ? "instances" : "model", "" + (model == null ? instances : model));
    JsonArray all = new JsonArray();
    for (Checker.Result r : results) {
      JsonObject one = new JsonObject();
      one.addProperty("number", r.number());
      one.addProperty("name", r.name());
      one.addProperty("verdict", r.verdict());
      one.addProperty("why", r.why());
      all.add(one);
    }
    o.add("results", all);
    return AnalysisJson.text(o);
  }
}
