// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.ir.View;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** Turns a program into steps over slots, then places the arena slots by their live intervals. */
final class Planner {
  /** Bytes up to which a value that no input changes is computed once and kept. */
  private static final long KEPT = 1L << 22;

  private final Program program;
  private final Fusion fusion;
  private final List<Value> order;
  private final boolean fuse;
  private final List<Slot> slots = new ArrayList<>();
  private final List<PlanStep> steps = new ArrayList<>();
  private final Map<Value, Operand> places = new IdentityHashMap<>();
  private final Map<String, Integer> inputs = new LinkedHashMap<>();
  private final Map<String, Integer> outputs = new LinkedHashMap<>();

  Planner(Program program, boolean fuse) {
    this.program = program;
    this.fusion = new Fusion(program, fuse);
    this.order = Order.of(program, fusion);
    this.fuse = fuse;
  }

  Plan plan() {
    program
        .inputs()
        .forEach(
            (name, v) -> {
              int slot = newSlot(v.dtype(), v.shape(), name, false);
              inputs.put(name, slot);
              places.put(v, dense(slot, v.shape()));
            });
    Map<Value, String> direct = directOutputs();
    List<Value> overwriting = overwriting(direct);
    for (Value v : order) {
      if (!overwriting.contains(v)) {
        emit(v, direct.get(v));
      }
    }
    Map<String, Operand> copies = sources(direct);
    overwriting.forEach(v -> emit(v, direct.get(v)));
    copies.forEach(
        (name, from) -> {
          Value v = program.outputs().get(name);
          copy(from, v.dtype(), outputSlot(name, v), v.origin());
        });
    List<PlanStep> constants = constants();
    List<PlanStep> each = steps.stream().filter(s -> !constants.contains(s)).toList();
    each = fuse ? Groups.of(each, slots) : each;
    Arena arena = Arena.place(slots, constants, each);
    return new Plan(
        program,
        arena.slots(),
        constants,
        each,
        Map.copyOf(inputs),
        Map.copyOf(outputs),
        arena.slabs());
  }

  /**
   * Returns the shared steps into the arena that read only what such steps wrote; all steps that
   * write a slot are among them, or none. What is larger than {@link #KEPT} is computed in each
   * run: its memory then serves others too.
   */
  private List<PlanStep> constants() {
    Map<Integer, List<PlanStep>> writers = new LinkedHashMap<>();
    steps.forEach(
        s -> writers.computeIfAbsent(s.output().slot(), slot -> new ArrayList<>()).add(s));
    List<PlanStep> constants = new ArrayList<>();
    Set<Integer> known = new HashSet<>();
    writers.forEach(
        (slot, all) -> {
          Slot s = slots.get(slot);
          boolean kept = s.inArena() && s.perModel() * s.dtype().bytes() <= KEPT;
          if (kept && all.stream().allMatch(step -> isConstant(step, known))) {
            constants.addAll(all);
            known.add(slot);
          }
        });
    return List.copyOf(constants);
  }

  private static boolean isConstant(PlanStep s, Set<Integer> known) {
    return s.models() == 1
        && s.inputs().stream()
            .allMatch(o -> o.slot() == s.output().slot() || known.contains(o.slot()));
  }

  /**
   * Returns the outputs whose kernel writes the output's buffer directly: those that a kernel
   * computes for one output only. A replaced state whose old value is still read later goes through
   * the arena.
   */
  private Map<Value, String> directOutputs() {
    Map<Value, String> direct = new IdentityHashMap<>();
    Set<Value> twice = new HashSet<>();
    program
        .outputs()
        .forEach(
            (name, v) -> {
              boolean kernel = !v.isInput() && !(fusion.lowering(v) instanceof Lowering.Alias);
              if (kernel && direct.putIfAbsent(v, name) != null) {
                twice.add(v);
              }
            });
    direct.keySet().removeAll(twice);
    direct.keySet().removeIf(v -> program.state().containsKey(direct.get(v)) && isRead(v));
    return direct;
  }

  private boolean isRead(Value v) {
    return program.nodes().stream().anyMatch(n -> n.inputs().contains(v));
  }

  /**
   * Returns the kernels that overwrite a state. They run last, when nothing else reads the old
   * values. One that reads what an earlier one has overwritten, or its own old value out of place,
   * loses its direct output.
   */
  private List<Value> overwriting(Map<Value, String> direct) {
    List<Value> last = new ArrayList<>();
    Set<Value> written = new HashSet<>();
    for (Value v : order) {
      String state = direct.containsKey(v) ? program.state().get(direct.get(v)) : null;
      if (state == null) {
        continue;
      }
      Value old = program.inputs().get(state);
      if (readsOther(v, written) || !safeInPlace(v, old)) {
        direct.remove(v);
      } else {
        written.add(old);
        last.add(v);
      }
    }
    return last;
  }

  private boolean readsOther(Value v, Set<Value> written) {
    return fusionArgs(v).stream().anyMatch(a -> written.contains(root(a)));
  }

  /** Returns whether {@code v} reads the old value only at the elements it writes, if at all. */
  private boolean safeInPlace(Value v, Value old) {
    boolean updates = fusion.lowering(v) instanceof Lowering.Launch k && k.updates();
    List<Value> args = fusionArgs(v);
    for (int i = 0; i < args.size(); i++) {
      Value a = args.get(i);
      boolean elementwise =
          a == old && (fusion.lowering(v) instanceof Lowering.Map || updates && i == 0);
      if (root(a) == old && !elementwise) {
        return false;
      }
    }
    return true;
  }

  private List<Value> fusionArgs(Value v) {
    return Order.operands(v, fusion);
  }

  private Value root(Value v) {
    return Order.storage(v, fusion);
  }

  private void emit(Value v, String directOutput) {
    Lowering l = fusion.lowering(v);
    if (l instanceof Lowering.Alias a) {
      Operand from = place(v.input(0));
      Optional<View> view = a.rule().apply(from.view());
      if (view.isEmpty()) {
        Operand copy = copy(from, v.input(0).dtype(), newArena(v.input(0)), v.origin());
        view = a.rule().apply(copy.view());
        from = copy;
      }
      places.put(
          v, new Operand(from.slot(), view.orElseThrow(() -> new IllegalStateException("" + v))));
      return;
    }
    int slot = directOutput == null ? newArena(v) : outputSlot(directOutput, v);
    Operand out = dense(slot, v.shape());
    if (l instanceof Lowering.Map) {
      steps.add(map(v, out));
    } else if (l instanceof Lowering.Reduce r) {
      steps.add(reduce(v, r, out));
    } else if (l instanceof Lowering.Gemm g) {
      steps.add(Gemms.step(this, v, g, out));
    } else if (l instanceof Lowering.Launch k) {
      steps.add(launch(v, k, out));
    }
    places.put(v, out);
  }

  private PlanStep map(Value v, Operand out) {
    Fusion.Body body = fusion.body(v);
    List<Operand> in = body.args().stream().map(a -> under(place(a), v.shape())).toList();
    return mapStep(body.expr(), in, out, v.origin());
  }

  private static PlanStep mapStep(Expr body, List<Operand> in, Operand out, String origin) {
    Shape shape = out.view().shape();
    List<long[]> strides = new ArrayList<>();
    in.forEach(o -> strides.add(o.view().strides()));
    strides.add(out.view().strides());
    Nest nest = Nest.of(shape, strides, 1, shape.rank());
    return new PlanStep.Map(shape.models(), body, in, out, nest, origin);
  }

  private PlanStep reduce(Value v, Lowering.Reduce r, Operand out) {
    Shape over = Fusion.iteration(v);
    Fusion.Body body = fusion.body(v);
    List<Operand> in = body.args().stream().map(a -> under(place(a), over)).toList();
    List<long[]> kept = new ArrayList<>();
    List<long[]> reduced = new ArrayList<>();
    List<Integer> keptExtents = new ArrayList<>();
    List<Integer> reducedExtents = new ArrayList<>();
    for (int axis = 1; axis < over.rank(); axis++) {
      boolean gone = r.axes().contains(axis);
      (gone ? reducedExtents : keptExtents).add(over.dim(axis));
      long[] column = new long[in.size() + (gone ? 0 : 1)];
      for (int o = 0; o < in.size(); o++) {
        column[o] = in.get(o).view().strides()[axis];
      }
      if (!gone) {
        column[in.size()] = out.view().strides()[axis];
      }
      (gone ? reduced : kept).add(column);
    }
    return new PlanStep.Reduce(
        v.shape().models(),
        r.kind(),
        r.axes().contains(0) ? over.models() : 1,
        body.expr(),
        in,
        out,
        nest(keptExtents, kept, in.size() + 1),
        nest(reducedExtents, reduced, in.size()),
        v.origin());
  }

  /** Builds a nest from columns of strides, one column per loop. */
  private static Nest nest(List<Integer> extents, List<long[]> columns, int operands) {
    Shape shape = Shape.of(extents.stream().mapToInt(Integer::intValue).toArray());
    List<long[]> strides = new ArrayList<>();
    for (int o = 0; o < operands; o++) {
      long[] s = new long[columns.size()];
      for (int l = 0; l < s.length; l++) {
        s[l] = columns.get(l)[o];
      }
      strides.add(s);
    }
    return Nest.of(shape, strides, 0, shape.rank());
  }

  private PlanStep launch(Value v, Lowering.Launch k, Operand out) {
    List<Operand> in = new ArrayList<>();
    for (Value x : v.inputs().subList(k.updates() ? 1 : 0, v.inputs().size())) {
      Operand o = place(x);
      in.add(o.view().isDenseFrom(1) ? o : copy(o, x.dtype(), newArena(x), v.origin()));
    }
    if (k.updates()) {
      Operand start = place(v.input(0));
      if (start.slot() != out.slot()) {
        copy(under(start, v.shape()), v.dtype(), out.slot(), v.origin());
      }
      in.add(0, out);
    }
    return new PlanStep.Launch(v.shape().models(), k, in, out, v.origin());
  }

  /**
   * Returns where the outputs that no kernel writes directly are copied from. Saves old states
   * among them to the arena first.
   */
  private Map<String, Operand> sources(Map<Value, String> direct) {
    Set<Integer> overwritten = new HashSet<>();
    program.state().values().forEach(name -> overwritten.add(inputs.get(name)));
    Map<String, Operand> sources = new LinkedHashMap<>();
    program
        .outputs()
        .forEach(
            (name, v) -> {
              if (!name.equals(direct.get(v))) {
                Operand from = place(v);
                boolean moves = overwritten.contains(from.slot());
                sources.put(name, moves ? copy(from, v.dtype(), newArena(v), v.origin()) : from);
              }
            });
    return sources;
  }

  /** Adds a step that copies an operand densely into a slot. */
  Operand copy(Operand from, DType dtype, int slot, String origin) {
    Operand to = dense(slot, from.view().shape());
    steps.add(mapStep(Expr.arg(0, ExprType.of(dtype)), List.of(from), to, origin));
    return to;
  }

  Operand place(Value v) {
    return places.get(v);
  }

  int newArena(Value v) {
    return newSlot(v.dtype(), v.shape(), null, false);
  }

  private int outputSlot(String name, Value v) {
    String old = program.state().get(name);
    int slot = old != null ? inputs.get(old) : newSlot(v.dtype(), v.shape(), name, true);
    outputs.put(name, slot);
    return slot;
  }

  private int newSlot(DType dtype, Shape shape, String name, boolean output) {
    int id = slots.size();
    slots.add(new Slot(id, dtype, shape.models(), shape.size() / shape.models(), name, output, 0));
    return id;
  }

  private static Operand under(Operand o, Shape shape) {
    View v = o.view();
    return new Operand(o.slot(), new View(shape, v.broadcastStrides(shape), v.offset()));
  }

  private static Operand dense(int slot, Shape shape) {
    View v = View.dense(shape);
    return new Operand(slot, new View(shape, v.broadcastStrides(shape), 0));
  }
}
