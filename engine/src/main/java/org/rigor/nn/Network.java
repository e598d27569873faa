// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Enclosure;
import org.rigor.diff.Kind;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A function from inputs to outputs (logits, for a classifier) with named parameters, which any
 * program can trace. The parameters include running statistics, as {@link Parameter#buffer}. M
 * models share the architecture; their parameters are rows of the model axis.
 */
public interface Network {
  /** Returns the extents of one sample, without model and batch axes. */
  Shape input();

  /** Returns the number of outputs of one sample. */
  int outputs();

  List<Parameter> parameters();

  /**
   * Traces the finished network: a sample's outputs depend on that sample alone.
   *
   * @param params by name: [M, shape...] or [1, shape...]
   * @param x [M or 1, B, input...]
   * @return [M, B, outputs]
   */
  Value apply(Map<String, Value> params, Value x);

  /** Traces the network in a training pass. */
  default Value apply(Map<String, Value> params, Value x, Pass pass) {
    return apply(params, x);
  }

  /**
   * Traces the projection of parameters after an optimiser step; see {@link Layer#projected}.
   *
   * @param next by name, [M, shape...]
   */
  default Map<String, Value> projected(Map<String, Value> next) {
    return next;
  }

  /**
   * Returns whether values keep images [H, W, C] where the node at a position of the network's file
   * reads [C, H, W].
   */
  default boolean readsImages(int node) {
    return false;
  }

  /** Declares the parameters as inputs of a program, named {@code prefix + name}. */
  default Map<String, Value> declare(Program.Builder b, String prefix, int models, DType dtype) {
    Map<String, Value> params = new LinkedHashMap<>();
    for (Parameter p : parameters()) {
      params.put(p.name(), b.input(prefix + p.name(), p.type(models, dtype)));
    }
    return params;
  }

  /** Returns initial parameters, one model per key. */
  default Map<String, HostTensor> initial(List<TrialKey> keys) {
    Map<String, HostTensor> values = new LinkedHashMap<>();
    for (Parameter p : parameters()) {
      values.put(p.name(), p.initial(keys));
    }
    return values;
  }

  /**
   * Returns the kind of numbers that rest on enclosures of this network's rounding, as
   * certificates, proved attacks and enclosed Jacobians do: CERTIFIED, or BOUND if an operation's
   * rounding was measured; see {@link Enclosure#kind}.
   */
  default Kind kindOfSides() {
    Program.Builder b = Program.builder("kind");
    Map<String, Value> params = declare(b, "param/", 1, DType.F64);
    // Two samples; networks that mix samples are refused elsewhere, with the reason.
    Value x = b.input("x", new TensorType(DType.F64, input().insert(0, 2).insert(0, 1)));
    return Enclosure.kind(List.of(apply(params, x)));
  }

  /** Returns whether training updates anything besides the parameters trained by gradients. */
  default boolean hasBuffers() {
    return parameters().stream().anyMatch(Parameter::buffer);
  }

  /** Returns the number of trained scalars of one model. */
  default long parameterCount() {
    return parameters().stream().filter(p -> !p.buffer()).mapToLong(p -> p.shape().size()).sum();
  }
}
