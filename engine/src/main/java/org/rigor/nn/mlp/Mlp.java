// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;

/**
 * A network of dense layers with ReLU between them, on flat or flattened inputs.
 *
 * @param widths of the input, the hidden layers and the output
 * @param names of the parameters: weight, bias, weight, ...
 */
public record Mlp(List<Integer> widths, List<String> names) {
  /** Most dense layers that the kernels support. */
  static final int MOST_LAYERS = 4;

  public Mlp {
    widths = List.copyOf(widths);
    names = List.copyOf(names);
  }

  /** Returns the number of dense layers. */
  public int layers() {
    return widths.size() - 1;
  }

  /** Returns the network in this form, if it is an MLP with 1 to 4 dense layers. */
  public static Optional<Mlp> of(Network network) {
    if (!(network instanceof Sequential s)) {
      return Optional.empty();
    }
    List<Integer> widths = new ArrayList<>(List.of(Math.toIntExact(s.input().size())));
    List<String> names = new ArrayList<>();
    boolean dense = true; // whether a dense layer must come next
    for (int i = 0; i < s.layers().size(); i++) {
      Layer l = s.layers().get(i);
      if (i == 0 && l instanceof Flatten) {
        continue;
      }
      if (dense && l instanceof Dense d) {
        widths.add(d.outputs());
        names.add(i + ".weight");
        names.add(i + ".bias");
      } else if (dense || l != Activation.RELU) {
        return Optional.empty();
      }
      dense = !dense;
    }
    int layers = widths.size() - 1;
    boolean fits = !dense && layers >= 1 && layers <= MOST_LAYERS;
    return fits ? Optional.of(new Mlp(widths, names)) : Optional.empty();
  }

  /** Returns the parameters' values in the order of the kernels. */
  List<Value> parameters(Map<String, Value> params) {
    return names.stream().map(params::get).toList();
  }
}
