// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.tensor.TensorType;

/**
 * A traced computation as a value: named inputs, named outputs, the nodes between them in
 * topological order, static shapes. Immutable; transformed by {@link Simplify} and the diff
 * package, compiled once for a device and replayed.
 *
 * <p>{@code state} maps an output to the input it replaces: both are one buffer on a device, and
 * every read of the old value happens before the write of the new one.
 */
public final class Program {
  private final String name;
  private final Map<String, Value> inputs;
  private final Map<String, Value> outputs;
  private final Map<String, String> state;
  private final List<Value> nodes;

  private Program(
      String name,
      Map<String, Value> inputs,
      Map<String, Value> outputs,
      Map<String, String> state) {
    this.name = name;
    this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    this.state = Collections.unmodifiableMap(new LinkedHashMap<>(state));
    this.nodes = List.copyOf(topological(this.outputs.values()));
    Verify.check(this);
  }

  public static Builder builder(String name) {
    return new Builder(name);
  }

  public String name() {
    return name;
  }

  public Map<String, Value> inputs() {
    return inputs;
  }

  public Map<String, Value> outputs() {
    return outputs;
  }

  /** Returns the map from an output's name to the name of the input whose buffer it overwrites. */
  public Map<String, String> state() {
    return state;
  }

  /** Returns every value that an output needs, inputs included, each after its operands. */
  public List<Value> nodes() {
    return nodes;
  }

  /** Returns the largest model axis of any node; every other node has that extent or 1. */
  public int models() {
    int m = 1;
    for (Value v : inputs.values()) {
      m = Math.max(m, v.shape().models());
    }
    for (Value v : nodes) {
      m = Math.max(m, v.shape().models());
    }
    return m;
  }

  /** Returns a program with the same inputs and rewritten outputs. */
  public Program withOutputs(Map<String, Value> replaced) {
    return new Program(name, inputs, replaced, state);
  }

  /**
   * Orders values depth-first, operands first; iterative, so deep programs do not overflow the
   * stack.
   */
  public static List<Value> topological(Collection<Value> roots) {
    List<Value> order = new ArrayList<>();
    Set<Value> done = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Value> opened = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Value> stack = new ArrayDeque<>();
    for (Value root : roots) {
      stack.push(root);
      while (!stack.isEmpty()) {
        Value v = stack.peek();
        if (done.contains(v)) {
          stack.pop();
        } else if (opened.add(v)) {
          for (int i = v.inputs().size() - 1; i >= 0; i--) {
            if (!done.contains(v.input(i))) {
              stack.push(v.input(i));
            }
          }
        } else {
          stack.pop();
          done.add(v);
          order.add(v);
        }
      }
    }
    return order;
  }

  /** Prints one line per node: number, type, op, operand numbers, source line. */
  public String print() {
    return ProgramText.print(this);
  }

  /** Returns the SHA-256 of the canonical text: ops with their parameters, wiring, types, names. */
  public String hash() {
    return ProgramText.hash(this);
  }

  @Override
  public String toString() {
    return "program " + name + " (" + nodes.size() + " nodes)";
  }

  /** Collector of inputs and outputs while Java code traces. */
  public static final class Builder {
    private final String name;
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private final Map<String, String> state = new LinkedHashMap<>();

    private Builder(String name) {
      this.name = name;
    }

    /**
     * @throws IllegalArgumentException if the name is taken
     */
    public Value input(String inputName, TensorType type) {
      Value v = Value.input(inputName, type);
      if (inputs.putIfAbsent(inputName, v) != null) {
        throw new IllegalArgumentException(name + ": input '" + inputName + "' is declared twice");
      }
      return v;
    }

    public Builder output(String outputName, Value v) {
      if (outputs.putIfAbsent(outputName, v) != null) {
        throw new IllegalArgumentException(
            name + ": output '" + outputName + "' is declared twice");
      }
      return this;
    }

    /** Declares that {@code next} replaces input {@code inputName} in place after each run. */
    public Builder state(String inputName, Value next) {
      String out = inputName + "'";
      output(out, next);
      state.put(out, inputName);
      return this;
    }

    /**
     * @throws IllegalArgumentException if the program is not legal; see {@link Verify}
     */
    public Program build() {
      return new Program(name, inputs, outputs, state);
    }
  }
}
