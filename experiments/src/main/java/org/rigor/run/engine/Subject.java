// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rigor.attack.ImageLayout;
import org.rigor.data.Box;
import org.rigor.data.DataSet;
import org.rigor.data.ImageFolder;
import org.rigor.data.UserData;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.nn.Network;
import org.rigor.nn.TwoClasses;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * A user's own network with its stored parameters, and the samples it is measured on.
 *
 * @param x [N, input...]
 * @param labels [N]
 */
record Subject(Network network, Map<String, HostTensor> params, HostTensor x, int[] labels) {
  /** Copies the network to a device; the caller closes it there. */
  Models on(Device device) {
    return Models.of(device, network, params);
  }

  /** Requires images to have as many numbers as the network takes. */
  void require(Optional<ImageLayout> layout) {
    layout
        .filter(l -> l.size() != network.input().size())
        .ifPresent(
            l -> {
              throw new RunException(
                  ExitCode.USAGE,
                  "--image: %d,%d,%d has %d numbers, the network takes %s"
                      .formatted(l.height(), l.width(), l.channels(), l.size(), network.input()));
            });
  }

  /** Requires as many factors as the network takes numbers, where features have factors. */
  void require(Threat threat) {
    threat
        .scale()
        .filter(s -> !fits(s.factors().shape(), network.input()))
        .ifPresent(
            s -> {
              throw new RunException(
                  ExitCode.USAGE,
                  "--scale and --frozen: factors have shape %s, the network takes %s"
                      .formatted(s.factors().shape(), network.input()));
            });
  }

  /**
   * Reads a network.
   *
   * @param output name of the output that ranks classes; empty for the first
   * @param notes receives what a reader of results must know about how the network was read
   */
  static OnnxNetwork network(Path model, Optional<String> output, List<String> notes) {
    if (model.getFileName().toString().endsWith(".safetensors")) {
      throw new DataException(
          model
              + ": safetensors hold parameters without an architecture; export the network as"
              + " ONNX");
    }
    return network(OnnxReader.read(model), m -> new OnnxNetwork(m, output), notes);
  }

  /** Reads a network to its last node, a final Softmax included; see {@link #network}. */
  static OnnxNetwork whole(OnnxModel file, List<String> notes) {
    return network(file, OnnxNetwork::whole, notes);
  }

  private static OnnxNetwork network(
      OnnxModel file, Function<OnnxModel, OnnxNetwork> of, List<String> notes) {
    OnnxNetwork network = of.apply(file);
    for (Path beside : file.externals()) {
      notes.add("weights are in %s (sha256 %s)".formatted(beside.getFileName(), Sha256.of(beside)));
    }
    notes.addAll(network.notes());
    return network;
  }

  /** Reads a classifier and labelled samples; a single output classifies by its sign. */
  static Subject classified(
      Path model, Optional<String> output, Path data, Box box, List<String> notes) {
    OnnxNetwork read = network(model, output, notes);
    Network network = read;
    if (read.outputs() == 1) {
      network = new TwoClasses(read);
      notes.add(TwoClasses.NOTE);
    }
    DataSet set = UserData.read(data, box, network.outputs());
    notes.addAll(set.notes());
    HostTensor x = fitted(set, model, data, network.input(), notes);
    return new Subject(network, read.values(), x, set.labels());
  }

  /** Reads samples for a network whose classes do not matter; ignores labels. */
  static Subject unlabelled(
      OnnxNetwork network, Path model, Path data, Box box, List<String> notes) {
    DataSet set = UserData.inputs(data, box);
    notes.addAll(set.notes());
    HostTensor x = fitted(set, model, data, network.input(), notes);
    return new Subject(network, network.values(), x, set.labels());
  }

  /** Returns samples in the network's shape if only axes of extent 1 or a flattening differ. */
  private static HostTensor fitted(
      DataSet given, Path model, Path data, Shape input, List<String> notes) {
    DataSet set = given;
    if (Files.isDirectory(data) && input.equals(channelsFirst(set.sampleShape()))) {
      set = ImageFolder.channelsFirst(set);
    }
    Shape sample = set.sampleShape();
    if (sample.equals(input)) {
      return set.inputs();
    }
    if (!fits(sample, input)) {
      throw new DataException(
          data
              + ": samples have shape "
              + sample
              + ", the network in "
              + model
              + " takes "
              + input
              + ": "
              + remedy(sample, input));
    }
    notes.add("samples %s are read as %s, elements in the same order".formatted(sample, input));
    return set.inputs().reshape(input.insert(0, set.inputs().shape().dim(0)));
  }

  /** Says what would make samples fit, as NumPy has it, or why nothing does. */
  private static String remedy(Shape sample, Shape input) {
    if (sample.size() != input.size()) {
      return "a sample has %d numbers, not %d".formatted(sample.size(), input.size());
    }
    if (sample.rank() == input.rank() && sample.rank() <= 4) {
      for (List<Integer> order : orders(sample.rank())) {
        if (IntStream.range(0, order.size())
            .allMatch(i -> sample.dim(order.get(i)) == input.dim(i))) {
          return "x.transpose(0, %s) would fit"
              .formatted(
                  order.stream()
                      .map(a -> Integer.toString(a + 1))
                      .collect(Collectors.joining(", ")));
        }
      }
    }
    return "x.reshape(-1, %s) would fit, if that is what the numbers mean"
        .formatted(
            Arrays.stream(input.dims())
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", ")));
  }

  /** Returns all orders of axes; channels that go from last to first, and back, before others. */
  private static List<List<Integer>> orders(int rank) {
    List<List<Integer>> all = new ArrayList<>();
    all.add(IntStream.range(0, rank).mapToObj(i -> (i + rank - 1) % rank).toList());
    all.add(IntStream.range(0, rank).mapToObj(i -> (i + 1) % rank).toList());
    permute(new ArrayList<>(), rank, all);
    return all;
  }

  private static void permute(List<Integer> begun, int rank, List<List<Integer>> all) {
    if (begun.size() == rank) {
      all.add(List.copyOf(begun));
      return;
    }
    for (int axis = 0; axis < rank; axis++) {
      if (!begun.contains(axis)) {
        begun.add(axis);
        permute(begun, rank, all);
        begun.remove(begun.size() - 1);
      }
    }
  }

  /** Returns whether two shapes differ by axes of extent 1 or a flattening at most. */
  private static boolean fits(Shape one, Shape other) {
    int[] a = longAxes(one);
    int[] b = longAxes(other);
    boolean flat = Math.min(a.length, b.length) <= 1 && one.size() == other.size();
    return flat || Arrays.equals(a, b);
  }

  /** Returns the extents other than 1. */
  private static int[] longAxes(Shape s) {
    return Arrays.stream(s.dims()).filter(d -> d != 1).toArray();
  }

  /** Returns the shape [H, W, C] in the order [C, H, W]. */
  private static Shape channelsFirst(Shape image) {
    return Shape.of(image.dim(2), image.dim(0), image.dim(1));
  }
}
