// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Some parameters of a network, concatenated in the network's order into one vector of P numbers.
 */
public final class ParameterVector {
  private final List<Parameter> parts;
  private final int size;

  private ParameterVector(List<Parameter> parts) {
    this.parts = List.copyOf(parts);
    this.size = Math.toIntExact(parts.stream().mapToLong(p -> p.shape().size()).sum());
  }

  /** Selects all trained parameters. */
  public static ParameterVector of(Network network) {
    return new ParameterVector(network.parameters().stream().filter(p -> !p.buffer()).toList());
  }

  /**
   * Selects parameters by name.
   *
   * @throws IllegalArgumentException if the network lacks a named parameter, or no name is given
   */
  public static ParameterVector of(Network network, Set<String> names) {
    List<Parameter> some =
        network.parameters().stream().filter(p -> names.contains(p.name())).toList();
    if (some.isEmpty() || some.size() < names.size()) {
      throw new IllegalArgumentException(
          "parameters %s were asked for, the network has %s"
              .formatted(names, network.parameters().stream().map(Parameter::name).toList()));
    }
    return new ParameterVector(some);
  }

  /** Returns the length P. */
  public int size() {
    return size;
  }

  public List<String> names() {
    return parts.stream().map(Parameter::name).toList();
  }

  /** Splits [M, S, P] into tensors [M, S, shape...], one per parameter. */
  List<Value> split(Value vectors) {
    List<Value> out = new ArrayList<>();
    int at = 0;
    for (Parameter p : parts) {
      int n = Math.toIntExact(p.shape().size());
      Value part = parts.size() == 1 ? vectors : F.slice(vectors, 2, at, at + n);
      Shape shape = p.shape().insert(0, vectors.shape().dim(1)).insert(0, vectors.shape().dim(0));
      out.add(F.reshape(part, shape));
      at += n;
    }
    return out;
  }

  /** Joins tensors [M, S, shape...] into [M, S, P]. */
  Value join(List<Value> tensors) {
    List<Value> flat = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      Shape s = tensors.get(i).shape();
      int n = Math.toIntExact(parts.get(i).shape().size());
      flat.add(F.reshape(tensors.get(i), Shape.of(s.dim(0), s.dim(1), n)));
    }
    return F.concat(2, flat);
  }

  /** Returns the vectors of M models, [M][P]. */
  public double[][] of(Map<String, HostTensor> params, int models) {
    double[][] out = new double[models][size];
    int at = 0;
    for (Parameter p : parts) {
      HostTensor t = params.get(p.name());
      int n = Math.toIntExact(p.shape().size());
      for (int m = 0; m < models; m++) {
        t.copy(t.shape().models() == 1 ? 0 : m * n, n, out[m], at);
      }
      at += n;
    }
    return out;
  }

  /** Returns the parameters with those of the vector replaced, in double. */
  public Map<String, HostTensor> into(Map<String, HostTensor> params, double[][] vectors) {
    Map<String, HostTensor> out = new LinkedHashMap<>(params);
    int at = 0;
    for (Parameter p : parts) {
      int n = Math.toIntExact(p.shape().size());
      double[] values = new double[n * vectors.length];
      for (int m = 0; m < vectors.length; m++) {
        System.arraycopy(vectors[m], at, values, m * n, n);
      }
      out.put(p.name(), HostTensor.of(p.shape().insert(0, vectors.length), values));
      at += n;
    }
    return out;
  }
}
