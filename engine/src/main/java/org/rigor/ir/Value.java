// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** One node of a traced program: an operation applied to earlier values. Compared by identity. */
public final class Value {
  private static final StackWalker WALKER = StackWalker.getInstance();
  private static final ThreadLocal<String> PLACE = new ThreadLocal<>();

  private final Op op;
  private final List<Value> inputs;
  private final TensorType type;

  /** Gives the place of the trace: to look up a frame's file and line takes longer than a trace. */
  private final Supplier<String> origin;

  private Value(Op op, List<Value> inputs, TensorType type, Supplier<String> origin) {
    this.op = op;
    this.inputs = inputs;
    this.type = type;
    this.origin = origin;
  }

  /** Makes a named input of a program; only {@link Program.Builder} does. */
  static Value input(String name, TensorType type) {
    return new Value(null, List.of(), type, () -> name);
  }

  /**
   * Traces one operation.
   *
   * @throws IllegalArgumentException if the op refuses the operand types; names the op, what it
   *     requires, what it got and the line that traced it
   */
  public static Value of(Op op, Value... inputs) {
    return of(op, List.of(inputs));
  }

  /** Traces one operation, as {@link #of(Op, Value...)} does. */
  public static Value of(Op op, List<Value> inputs) {
    return traced(op, inputs, callSite());
  }

  private static Value traced(Op op, List<Value> inputs, Supplier<String> origin) {
    List<TensorType> types = inputs.stream().map(Value::type).toList();
    try {
      return new Value(op, List.copyOf(inputs), op.type(types), origin);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          op + ": " + e.getMessage() + "; inputs " + types + "; traced at " + origin.get(), e);
    }
  }

  /** Returns the same operation on other inputs, keeping the line that traced it. */
  public Value withInputs(List<Value> in) {
    return in.equals(inputs) ? this : traced(op, in, origin);
  }

  /**
   * Runs {@code trace} with {@code place} as the {@link #origin} of the values it traces, for
   * values that stem from something other than a source line, such as a node of a file.
   */
  public static void at(String place, Runnable trace) {
    String before = PLACE.get();
    PLACE.set(place);
    try {
      trace.run();
    } finally {
      PLACE.set(before);
    }
  }

  private static Supplier<String> callSite() {
    String place = PLACE.get();
    if (place != null) {
      return () -> place;
    }
    Optional<StackFrame> caller =
        WALKER.walk(frames -> frames.filter(f -> !isEngineFrame(f.getClassName())).findFirst());
    return () -> caller.map(f -> f.getFileName() + ":" + f.getLineNumber()).orElse("?");
  }

  private static boolean isEngineFrame(String c) {
    return c.startsWith("org.rigor.ir.")
        || c.startsWith("org.rigor.op.")
        || c.startsWith("org.rigor.diff.")
        || c.startsWith("java.");
  }

  public boolean isInput() {
    return op == null;
  }

  /** Returns the operation; null for a program input. */
  public Op op() {
    return op;
  }

  public List<Value> inputs() {
    return inputs;
  }

  public Value input(int i) {
    return inputs.get(i);
  }

  public TensorType type() {
    return type;
  }

  public Shape shape() {
    return type.shape();
  }

  public DType dtype() {
    return type.dtype();
  }

  /**
   * Returns the source line or {@link #at place} that traced this value, or the name of an input.
   */
  public String origin() {
    return origin.get();
  }

  @Override
  public String toString() {
    return (op == null ? "input " + origin() : op.name()) + ":" + type;
  }
}
