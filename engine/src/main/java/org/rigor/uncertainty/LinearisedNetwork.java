// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A network as an affine function of its weights around a centre: {@code f(x, c) + J_w f(x, c) (w -
 * c)}. Parameters: each of the base network, and its centre under {@code centre/}.
 */
public record LinearisedNetwork(Network base) implements Network {
  private static final String CENTRE = "centre/";

  @Override
  public Shape input() {
    return base.input();
  }

  @Override
  public int outputs() {
    return base.outputs();
  }

  @Override
  public List<Parameter> parameters() {
    List<Parameter> all = new ArrayList<>(base.parameters());
    base.parameters()
        .forEach(p -> all.add(new Parameter(CENTRE + p.name(), p.shape(), p.start(), p.buffer())));
    return all;
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    Map<String, Value> centre = new LinkedHashMap<>();
    List<Value> wrt = new ArrayList<>();
    List<Value> along = new ArrayList<>();
    for (Parameter p : base.parameters()) {
      Value c = params.get(CENTRE + p.name());
      centre.put(p.name(), c);
      wrt.add(c);
      along.add(F.sub(params.get(p.name()), c));
    }
    Value at = base.apply(centre, x);
    return F.add(at, Diff.jvp(List.of(at), wrt, along).get(0));
  }

  /**
   * Returns draws of this network's parameters, made from draws of the base network's.
   *
   * @param draws [M, J, shape...] by name
   * @param centre [M, shape...] by name
   */
  public static Map<String, HostTensor> draws(
      Map<String, HostTensor> draws, Map<String, HostTensor> centre) {
    Map<String, HostTensor> out = new LinkedHashMap<>(draws);
    draws.forEach(
        (name, w) -> {
          int models = w.shape().models();
          int count = w.shape().dim(1);
          int n = (int) (w.shape().size() / models / count);
          double[] all = new double[(int) w.shape().size()];
          for (int i = 0; i < models * count; i++) {
            centre.get(name).copy(i / count * n, n, all, i * n);
          }
          out.put(CENTRE + name, HostTensor.of(w.shape(), all));
        });
    return out;
  }
}
