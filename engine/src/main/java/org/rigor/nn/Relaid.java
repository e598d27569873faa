// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A network on samples in another layout than its own: images [H, W, C] for a network that takes
 * [C, H, W], or the same elements in the same order in another shape.
 *
 * @param input shape of a sample
 */
public record Relaid(Network network, Shape input) implements Network {
  public Relaid {
    if (!turns(network.input(), input) && !reshapes(network.input(), input)) {
      throw new IllegalArgumentException(
          "samples %s do not become the network's input %s by another layout"
              .formatted(input, network.input()));
    }
  }

  /**
   * Returns a network on samples of a shape: itself if it takes them, or one that first brings them
   * into its layout. Empty if their elements do not fit, or fit in more than one order: an image of
   * several channels may be flattened with its channels first or last.
   */
  public static Optional<Network> on(Shape sample, Network network) {
    Shape own = network.input();
    if (own.equals(sample)) {
      return Optional.of(network);
    }
    return turns(own, sample) || reshapes(own, sample)
        ? Optional.of(new Relaid(network, sample))
        : Optional.empty();
  }

  private static boolean turns(Shape own, Shape image) {
    return image.rank() == 3
        && own.rank() == 3
        && own.equals(Shape.of(image.dim(2), image.dim(0), image.dim(1)));
  }

  private static boolean reshapes(Shape own, Shape sample) {
    int[] a = longAxes(own);
    int[] b = longAxes(sample);
    boolean gray = sample.rank() < 3 || sample.dim(-1) == 1;
    boolean flat = own.size() == sample.size() && Math.min(a.length, b.length) <= 1;
    return Arrays.equals(a, b) || (flat && gray);
  }

  /** Returns the extents other than 1. */
  private static int[] longAxes(Shape s) {
    return Arrays.stream(s.dims()).filter(d -> d != 1).toArray();
  }

  @Override
  public int outputs() {
    return network.outputs();
  }

  @Override
  public List<Parameter> parameters() {
    return network.parameters();
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return network.apply(params, relaid(x));
  }

  @Override
  public Value apply(Map<String, Value> params, Value x, Pass pass) {
    return network.apply(params, relaid(x), pass);
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    return network.projected(next);
  }

  /** Brings [M or 1, B, input...] into the network's layout. */
  private Value relaid(Value x) {
    Shape own = network.input();
    if (reshapes(own, input)) {
      return F.reshape(x, own.insert(0, x.shape().dim(1)).insert(0, x.shape().dim(0)));
    }
    return F.transpose(x, List.of(0, 1, 4, 2, 3));
  }
}
