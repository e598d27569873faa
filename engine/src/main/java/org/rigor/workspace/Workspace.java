// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Products;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Hoist;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Named buffers, and the programs and loops compiled over them. Takes programs as traced and runs
 * the {@link Passes} itself. Owns everything it hands out except {@link #share shared} buffers.
 */
public final class Workspace implements AutoCloseable {
  /**
   * Prefix of inputs and outputs that cut the rows of one model, [1, T B, ...], among T models, [T,
   * B, ...]; see {@link Device#modelsAtOnce}. What follows names the buffer of all rows.
   */
  public static final String LANE = "lane/";

  /** Bytes up to which a value of {@link #halving} is kept from run to run. */
  private static final long KEPT = 1L << 22;

  private final Device device;
  private final CompileOptions options;
  private final Scope scope;
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final List<Sequence> sequences = new ArrayList<>();
  private final List<Executable> executables = new ArrayList<>();

  public Workspace(Device device, String name) {
    this(device, name, Products.EXACT);
  }

  /**
   * Creates an empty workspace.
   *
   * @param products of all programs that name no options
   */
  public Workspace(Device device, String name, Products products) {
    this.device = device;
    this.options = CompileOptions.DEFAULT.with(products);
    this.scope = device.scope(name);
  }

  /** Compiles a program with private buffers, for {@link Passes#MEASURE}. The caller closes it. */
  public static Executable alone(Device device, Program traced) {
    return device.compile(Passes.MEASURE.run(traced, device.sharedBytes()));
  }

  /** Writes a buffer, creating it if absent. */
  public void put(String name, HostTensor value) {
    declare(name, value.type()).write(value);
  }

  /** Puts values, prefixing their names. */
  public void putAll(String prefix, Map<String, HostTensor> values) {
    values.forEach((name, v) -> put(prefix + name, v));
  }

  /** Returns the buffer of a name, created with zeros if absent. */
  public Buffer declare(String name, TensorType type) {
    return buffers.computeIfAbsent(name, n -> scope.buffer(n, type));
  }

  /**
   * Creates a buffer of zeros for each input of a program that has none, and returns the program.
   */
  public Program declare(Program p) {
    p.inputs().forEach((name, v) -> declareOne(name, v.type()));
    return p;
  }

  private void declareOne(String name, TensorType type) {
    if (name.startsWith(LANE)) {
      cut(name, type);
    } else {
      declare(name, type);
    }
  }

  private void cut(String name, TensorType lanes) {
    if (!has(name)) {
      Shape s = lanes.shape();
      Shape all = s.with(1, s.models() * s.dim(1)).with(0, 1);
      Buffer rows = declare(name.substring(LANE.length()), new TensorType(lanes.dtype(), all));
      share(name, rows.as(s));
    }
  }

  /** Registers a buffer that someone else owns under a name. */
  public void share(String name, Buffer other) {
    buffers.put(name, other);
  }

  /**
   * Returns the buffer of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Buffer get(String name) {
    Buffer b = buffers.get(name);
    if (b == null) {
      throw new IllegalArgumentException("nothing was put into '" + name + "'");
    }
    return b;
  }

  public boolean has(String name) {
    return buffers.containsKey(name);
  }

  /** Returns a copy of the contents of a named buffer. */
  public HostTensor read(String name) {
    return get(name).read();
  }

  /** Returns all buffers by name, in order of registration. */
  public Map<String, Buffer> all() {
    return Collections.unmodifiableMap(buffers);
  }

  /** Links a program with {@link Passes#MEASURE}, see {@link #link(Program, Passes)}. */
  public Executable link(Program traced) {
    return link(traced, Passes.MEASURE);
  }

  /**
   * Compiles a program that works on the named buffers alone. Each input must have one; an output
   * without one gets one, which other programs may read.
   *
   * @throws IllegalStateException if an input has no buffer
   */
  public Executable link(Program traced, Passes passes) {
    traced
        .inputs()
        .forEach(
            (name, v) -> {
              if (name.startsWith(LANE) && has(name.substring(LANE.length()))) {
                cut(name, v.type());
              }
              if (!has(name)) {
                throw new IllegalStateException(
                    traced.name() + ": nothing was put into '" + name + "'");
              }
            });
    declareOutputs(traced);
    return compile(traced, passes, options);
  }

  private void declareOutputs(Program p) {
    p.outputs()
        .forEach(
            (name, v) -> {
              if (!p.state().containsKey(name)) {
                declareOne(name, v.type());
              }
            });
  }

  /**
   * Compiles with {@link Passes#MEASURE} and default options, see {@link #compile(Program, Passes,
   * CompileOptions)}.
   */
  public Executable compile(Program traced) {
    return compile(traced, Passes.MEASURE, options);
  }

  /**
   * Compiles a program over the named buffers it mentions; its other inputs and outputs are buffers
   * of the executable.
   */
  public Executable compile(Program traced, Passes passes, CompileOptions options) {
    return compiled(passes.run(traced, device.sharedBytes()), options);
  }

  /**
   * Compiles a program for {@code most} rows, halved until each of its values is within {@code
   * bytes}. Inputs without a buffer get one of zeros, outputs as in {@link #link(Program)}.
   *
   * @param traced traces the program for a number of rows
   * @param bytes largest size of a value; a single row may exceed it
   */
  public Executable halving(IntFunction<Program> traced, int most, long bytes) {
    return compiled(halved(traced, most, bytes), options);
  }

  /**
   * Compiles a program as {@link #halving(IntFunction, int, long)} does, cut by {@link Hoist}: what
   * the parameters alone decide need not be computed for each batch of samples. Values of more than
   * {@link #KEPT} bytes are.
   *
   * @param varying tells inputs that change between runs
   */
  public Cut halving(IntFunction<Program> traced, int most, long bytes, Predicate<String> varying) {
    return kept(halved(traced, most, bytes), varying);
  }

  private Cut kept(Program p, Predicate<String> varying) {
    return compiled(Hoist.of(p, names(p, varying), KEPT), options);
  }

  private Program halved(IntFunction<Program> traced, int most, long bytes) {
    int rows = most;
    Program p = Passes.MEASURE.run(traced.apply(rows), device.sharedBytes());
    while (rows > 1 && largest(p) > bytes) {
      rows /= 2;
      p = Passes.MEASURE.run(traced.apply(rows), device.sharedBytes());
    }
    declareOutputs(declare(p));
    return p;
  }

  private static long largest(Program p) {
    return p.nodes().stream().mapToLong(v -> v.shape().size() * v.dtype().bytes()).max().orElse(0);
  }

  private Executable compiled(Program p, CompileOptions options) {
    Map<String, Buffer> bound = new LinkedHashMap<>(buffers);
    bound
        .keySet()
        .removeIf(
            n ->
                !p.inputs().containsKey(n)
                    && (!p.outputs().containsKey(n) || p.state().containsKey(n)));
    Executable e = device.compile(p, bound, options);
    executables.add(e);
    return e;
  }

  /**
   * Program in two parts: {@code once} computes what does not depend on the varying inputs, {@code
   * each} the rest.
   *
   * @param once empty if everything depends on the varying inputs
   */
  public record Cut(Optional<Executable> once, Executable each) {
    /** Computes what does not depend on the varying inputs, after the others have changed. */
    public void prepare() {
      once.ifPresent(Executable::run);
    }
  }

  /** Compiles a program as {@link #compile(Program)} does, cut by {@link Hoist}. */
  public Cut cut(Program traced, Set<String> varying) {
    return compiled(whole(traced, Passes.MEASURE, varying::contains), options);
  }

  /**
   * Compiles a program as {@link #compile(Program, Passes, CompileOptions)} does, cut by {@link
   * Hoist}.
   */
  public Cut cut(Program traced, CompileOptions own, Predicate<String> varying) {
    return compiled(whole(traced, Passes.MEASURE, varying), own);
  }

  /** Links a program as {@link #link(Program, Passes)} does, cut by {@link Hoist}. */
  public Cut link(Program traced, Passes passes, Predicate<String> varying) {
    declareOutputs(declare(traced));
    return compiled(whole(traced, passes, varying), options);
  }

  private Hoist whole(Program traced, Passes passes, Predicate<String> varying) {
    return Hoist.of(
        passes.run(traced, device.sharedBytes()), names(traced, varying), Long.MAX_VALUE);
  }

  private static Set<String> names(Program p, Predicate<String> which) {
    return p.inputs().keySet().stream().filter(which).collect(Collectors.toSet());
  }

  /**
   * Links a program as {@link #link(Program)} does, cut as {@link #halving(IntFunction, int, long,
   * Predicate)} does.
   */
  public Cut link(Program traced, Predicate<String> varying) {
    Program p = Passes.MEASURE.run(traced, device.sharedBytes());
    declareOutputs(declare(p));
    return kept(p, varying);
  }

  private Cut compiled(Hoist cut, CompileOptions own) {
    cut.once().ifPresent(p -> p.outputs().forEach((name, v) -> declare(name, v.type())));
    return new Cut(cut.once().map(p -> compiled(p, own)), compiled(cut.each(), own));
  }

  /** Closes an executable ahead of the workspace. */
  public void release(Executable e) {
    executables.remove(e);
    e.close();
  }

  /** Prepares a loop. */
  public Sequence loop(int count, Sequence.Step... body) {
    return loop(count, List.of(body));
  }

  /** Prepares a loop. */
  public Sequence loop(int count, List<Sequence.Step> body) {
    return sequence(List.of(new Sequence.Repeat(count, body)));
  }

  /** Prepares nested loops. */
  public Sequence sequence(List<Sequence.Step> steps) {
    Sequence s = device.sequence(steps);
    sequences.add(s);
    return s;
  }

  @Override
  public void close() {
    sequences.forEach(Sequence::close);
    executables.forEach(Executable::close);
    scope.close();
  }
}
