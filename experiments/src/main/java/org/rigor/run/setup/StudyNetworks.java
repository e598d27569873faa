// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.rigor.data.DataSet;
import org.rigor.data.ImageFolder;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Relaid;
import org.rigor.nn.TwoClasses;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/** The networks of a study: architectures to train, or files of networks trained elsewhere. */
public final class StudyNetworks {
  /** A file and the network in it. */
  private record Stored(NetworkIdentity identity, OnnxNetwork network) {}

  private final Optional<Path> folder;
  private final Map<ModelSpec.Files, List<Stored>> read = new LinkedHashMap<>();

  /**
   * @param folder that paths are relative to; empty for the working folder
   */
  public StudyNetworks(Optional<Path> folder) {
    this.folder = folder;
  }

  /** Returns the files of a model, by seed; empty for a network that a study trains. */
  public List<NetworkIdentity> identities(ModelSpec model) {
    return model instanceof ModelSpec.Files files
        ? stored(files).stream().map(Stored::identity).toList()
        : List.of();
  }

  /**
   * Returns the network of a trial for its samples.
   *
   * @param data as {@link #fitted} returns it
   * @throws RunException with exit code 2 if the samples do not have the shape it needs, or there
   *     is no file for the seed
   */
  public Network of(TrialSpec spec, DataSet data) {
    if (!(spec.model() instanceof ModelSpec.Files files)) {
      return Architectures.of(spec.model(), data);
    }
    int count = stored(files).size();
    if (spec.seed() >= count) {
      throw new RunException(
          ExitCode.USAGE,
          "sweep.seeds: must be below the number of files in %s, %d, got %d"
              .formatted(files.path(), count, spec.seed()));
    }
    Network own = classifier(stored(files).get(0).network());
    return Relaid.on(data.sampleShape(), own)
        .orElseThrow(
            () ->
                new RunException(
                    ExitCode.USAGE,
                    "model: the data '%s' has samples %s, the networks of %s take %s"
                        .formatted(data.name(), data.sampleShape(), files.path(), own.input())));
  }

  /**
   * Returns data as the networks of a study see it: images with channels first become [H, W, C] for
   * networks from files, and the classes are those of the network.
   */
  public DataSet fitted(ModelSpec model, DataSet data) {
    if (!(model instanceof ModelSpec.Files files)) {
      return data;
    }
    Network own = classifier(stored(files).get(0).network());
    if (data.classes() > own.outputs()) {
      throw new DataException(
          "%s: labels run to %d, the networks of %s have %d outputs"
              .formatted(data.name(), data.classes() - 1, files.path(), own.outputs()));
    }
    DataSet images = Architectures.channelsSeemFirst(data.sampleShape()) ? turned(data) : data;
    return images.ofClasses(own.outputs());
  }

  private static DataSet turned(DataSet data) {
    return ImageFolder.channelsLast(data);
  }

  /** A single output classifies by its sign. */
  private static Network classifier(OnnxNetwork network) {
    return network.outputs() == 1 ? new TwoClasses(network) : network;
  }

  /**
   * Copies files to a device as rows of one program.
   *
   * @param network as {@link #of} returns it
   * @param seeds numbers of the files; the caller closes the models
   */
  public Models models(Device device, ModelSpec.Files files, Network network, List<Long> seeds) {
    List<Stored> all = stored(files);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    List<Parameter> shapes = network.parameters();
    for (int p = 0; p < shapes.size(); p++) {
      HostTensor rows = null;
      int n = Math.toIntExact(shapes.get(p).shape().size());
      for (int m = 0; m < seeds.size(); m++) {
        OnnxNetwork own = all.get(Math.toIntExact(seeds.get(m))).network();
        HostTensor v = own.values().get(own.parameters().get(p).name());
        if (rows == null) {
          rows = HostTensor.zeros(new TensorType(v.dtype(), v.shape().with(0, seeds.size())));
        }
        v.copy(0, n, rows, m * n);
      }
      params.put(shapes.get(p).name(), rows);
    }
    return Models.of(device, network, params);
  }

  private synchronized List<Stored> stored(ModelSpec.Files files) {
    return read.computeIfAbsent(files, this::read);
  }

  private List<Stored> read(ModelSpec.Files spec) {
    Path root = folder.map(f -> f.resolve(spec.path())).orElse(Path.of(spec.path()));
    List<Stored> out = new ArrayList<>();
    List<String> first = null;
    for (Path file : files(root)) {
      OnnxModel model = OnnxReader.read(file);
      OnnxNetwork network = new OnnxNetwork(model, spec.output());
      List<String> own = architecture(network);
      if (first != null && !own.equals(first)) {
        throw new DataException(
            "%s: must be of the same architecture as %s, in one folder: %s; give each architecture a folder and a point of 'sweep.grid'"
                .formatted(file, out.get(0).identity().name(), difference(own, first)));
      }
      first = own;
      String name = file.getFileName().toString();
      List<String> notes = new ArrayList<>(network.notes());
      if (network.outputs() == 1) {
        notes.add(TwoClasses.NOTE);
      }
      out.add(new Stored(new NetworkIdentity(name, checksum(file, model), notes), network));
    }
    return out;
  }

  private static List<Path> files(Path root) {
    if (!Files.isDirectory(root)) {
      return List.of(root);
    }
    try (Stream<Path> all = Files.list(root)) {
      List<Path> found =
          all.filter(f -> f.getFileName().toString().endsWith(".onnx")).sorted().toList();
      if (found.isEmpty()) {
        throw new DataException(root + ": holds no .onnx file");
      }
      return found;
    } catch (IOException e) {
      throw new DataException(root + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String checksum(Path file, OnnxModel model) {
    String own = Sha256.of(file);
    if (model.externals().isEmpty()) {
      return own;
    }
    StringBuilder all = new StringBuilder(own);
    model.externals().forEach(beside -> all.append(Sha256.of(beside)));
    return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Returns where two networks part, in words. */
  private static String difference(List<String> own, List<String> first) {
    int i = 0;
    while (i < own.size() && i < first.size() && own.get(i).equals(first.get(i))) {
      i++;
    }
    return "it has %s, the other %s"
        .formatted(
            i < own.size() ? own.get(i) : "nothing more",
            i < first.size() ? first.get(i) : "nothing more");
  }

  /**
   * Returns what a network computes, but for its parameters' names and values: a line for its
   * input, each parameter and each operation.
   */
  private static List<String> architecture(OnnxNetwork network) {
    Program.Builder b = Program.builder("architecture");
    Map<String, HostTensor> values = network.values();
    Map<String, Value> params = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>(List.of("the input " + network.input()));
    for (Parameter p : network.parameters()) {
      params.put(p.name(), b.input("p" + params.size(), p.type(1, DType.F32)));
      DType stored = values.get(p.name()).dtype();
      lines.add("as parameter %d %s %s".formatted(params.size(), stored, p.shape()));
    }
    Shape x = network.input().insert(0, 1).insert(0, 1);
    b.output("y", network.apply(params, b.input("x", new TensorType(DType.F32, x))));
    Program program = b.build();
    for (Value v : program.nodes()) {
      if (!v.isInput()) {
        String at = v.origin().isEmpty() ? "" : " at " + v.origin();
        lines.add("%s %s%s".formatted(v.op(), v.shape(), at));
      }
    }
    lines.add("the program " + program.hash());
    return lines;
  }
}
