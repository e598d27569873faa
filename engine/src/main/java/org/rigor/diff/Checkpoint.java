// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;

/**
 * A piece of a program whose inner values are not kept for the backward pass but computed a second
 * time when it gets there (Chen et al. 2016, arXiv 1604.06174). Values, gradients and their bits
 * stay the same; the memory between the passes is that of the inputs of the pieces.
 */
public final class Checkpoint {
  private Checkpoint() {}

  /**
   * Marks {@code y} as the end of a piece.
   *
   * @param inputs everything that {@code y} is to be computed from again: activations and
   *     parameters; what else it depends on is kept and must not depend on floating inputs
   */
  public static Value of(Value y, List<Value> inputs) {
    Program.Builder b = Program.builder("checkpoint");
    Map<Value, Value> names = new IdentityHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      names.put(inputs.get(i), b.input(Integer.toString(i), inputs.get(i).type()));
    }
    List<Value> template = List.copyOf(names.values());
    List<Value> ordered = inputs.stream().map(names::get).toList();
    if (template.size() != inputs.size()) {
      throw new IllegalArgumentException("an input of the checkpoint is listed twice");
    }
    Value end = Diff.substitute(List.of(y), names).get(0);
    requireListed(end, template);
    List<Value> all = new ArrayList<>(List.of(y));
    all.addAll(inputs);
    return Value.of(new Recomputed(new Template(ordered, end)), all);
  }

  /** Gradients go to the listed inputs alone: that of another would be lost in silence. */
  private static void requireListed(Value end, List<Value> template) {
    Set<Value> listed = Collections.newSetFromMap(new IdentityHashMap<>());
    listed.addAll(template);
    for (Value v : Program.topological(List.of(end))) {
      if (v.isInput() && v.dtype().isFloating() && !listed.contains(v)) {
        throw new IllegalArgumentException(
            "a checkpoint depends on " + v + ", which is not among its inputs; list it");
      }
    }
  }

  /** A piece as it was traced; compared by identity. */
  private static final class Template {
    private final List<Value> inputs;
    private final Value end;

    Template(List<Value> inputs, Value end) {
      this.inputs = inputs;
      this.end = end;
    }

    @Override
    public String toString() {
      return "of " + inputs.size() + " inputs";
    }
  }

  /** Input 0, whose derivative is that of the template on the inputs behind it. */
  private record Recomputed(Template piece) implements Op {
    @Override
    public TensorType type(List<TensorType> in) {
      return in.get(0);
    }

    @Override
    public List<Value> vjp(Value y, Value ct) {
      Map<Value, Value> again = new IdentityHashMap<>();
      List<Value> fresh = new ArrayList<>();
      for (int i = 1; i < y.inputs().size(); i++) {
        // Not before the cotangent is there: otherwise the second values would live as long as
        // the first would have.
        Value x = F.after(y.input(i), ct);
        fresh.add(x);
        again.put(piece.inputs.get(i - 1), x);
      }
      Value end = Diff.substitute(List.of(piece.end), again).get(0);
      List<Value> cotangents = new ArrayList<>(Collections.singletonList(null));
      for (Value c : Diff.vjp(List.of(end), List.of(ct), floating(fresh))) {
        cotangents.add(c);
      }
      return padded(cotangents, fresh);
    }

    private static List<Value> floating(List<Value> values) {
      return values.stream().filter(v -> v.dtype().isFloating()).toList();
    }

    /** Puts a null where an input is no floating value. */
    private static List<Value> padded(List<Value> cotangents, List<Value> fresh) {
      List<Value> out = new ArrayList<>(Collections.singletonList(null));
      int next = 1;
      for (Value x : fresh) {
        out.add(x.dtype().isFloating() ? cotangents.get(next++) : null);
      }
      return out;
    }

    @Override
    public Value jvp(Value y, List<Value> t) {
      return t.get(0);
    }

    @Override
    public Lowering lower(Value y) {
      return new Lowering.Alias(Optional::of);
    }

    /** Stacked programs keep what they compute. */
    @Override
    public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
      if (!stacked.get(0)) {
        throw new IllegalStateException("the end of a checkpoint does not depend on its inputs");
      }
      return in.get(0);
    }

    @Override
    public String name() {
      return "Checkpoint";
    }
  }
}
