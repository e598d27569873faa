// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.List;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.tensor.Shape;

/** How a certified training draws its first weights. */
public enum Initialisation {
  /** As the network's layers say. */
  USUAL,
  /**
   * Matrices and kernels but the last from a normal of deviation sqrt(2 pi) / fan-in, for which the
   * width of intervals stays about the same from layer to layer (Shi et al. 2021).
   */
  IBP;

  /** Returns the parameters of a network with their initial values. */
  List<Parameter> of(Network network) {
    List<Parameter> all = new ArrayList<>(network.parameters());
    int last = all.size() - 1;
    while (last >= 0 && fanIn(all.get(last)) < 2) {
      last--;
    }
    for (int i = 0; i < last && this == IBP; i++) {
      Parameter p = all.get(i);
      if (fanIn(p) > 1) {
        double deviation = Math.sqrt(2 * Math.PI) / fanIn(p);
        all.set(i, new Parameter(p.name(), p.shape(), new Parameter.Normal(deviation)));
      }
    }
    return List.copyOf(all);
  }

  /** Returns the inputs of a unit of a matrix [inputs, units] or kernels; 0 of anything else. */
  private static long fanIn(Parameter p) {
    Shape s = p.shape();
    boolean drawn = p.start() instanceof Parameter.Uniform;
    return drawn && s.rank() > 1 ? s.size() / s.dim(-1) : 0;
  }
}
