// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.NonFiniteException;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * The work of a program on any backend: kernels in order over numbered slots. Made once, the same
 * for every device.
 *
 * @param slots by id
 * @param constants kernels that depend on no input: run once, when compiled; their slots are never
 *     reused
 * @param steps kernels of one run, in order
 * @param inputs slot of each program input
 * @param outputs slot of each program output; that of the input for a state pair
 * @param slabs elements per model of each arena slab
 */
public record Plan(
    Program program,
    List<Slot> slots,
    List<PlanStep> constants,
    List<PlanStep> steps,
    Map<String, Integer> inputs,
    Map<String, Integer> outputs,
    Map<SlabKey, Long> slabs) {

  /** An arena slab. BOOL lives with I32; shared and per-model slots are separate. */
  public record SlabKey(DType dtype, boolean perModel) {
    static SlabKey of(Slot s) {
      return new SlabKey(s.dtype() == DType.BOOL ? DType.I32 : s.dtype(), s.models() > 1);
    }
  }

  /** Returns the slab of an arena slot. */
  public static SlabKey slab(Slot s) {
    return SlabKey.of(s);
  }

  /**
   * Returns the type of a slot outside the arena: that of the input or output it holds, BOOL as it
   * is stored.
   */
  public TensorType boundType(Slot s) {
    Map<String, Value> named = s.output() ? program.outputs() : program.inputs();
    return new TensorType(s.dtype(), named.get(s.name()).shape());
  }

  /** Returns the failure of a step that computed a NaN or an infinity. */
  public NonFiniteException notFinite(PlanStep step, double x, long element, long model) {
    return new NonFiniteException(
        "%s: %s in element %d of model %d, first computed by the %s traced at %s"
            .formatted(
                program.name(), x, element, model, step.getClass().getSimpleName(), step.origin()));
  }

  /** Returns the steps, with each joint pass split into its parts. */
  public List<PlanStep> single() {
    List<PlanStep> all = new ArrayList<>();
    for (PlanStep s : steps) {
      if (s instanceof PlanStep.Maps m) {
        all.addAll(m.parts());
      } else if (s instanceof PlanStep.Rows r) {
        all.addAll(r.parts());
      } else {
        all.add(s);
      }
    }
    return all;
  }

  /** Returns whether a step writes where another reads. */
  public boolean overwrites(PlanStep writer, PlanStep reader) {
    return writer.outputs().stream()
        .map(o -> slots.get(o.slot()))
        .anyMatch(
            to ->
                reader.inputs().stream()
                    .map(o -> slots.get(o.slot()))
                    .anyMatch(from -> from.id() == to.id() || Arena.overlap(from, to)));
  }

  /** Returns the largest model axis of the program. */
  public int models() {
    return program.models();
  }

  /** Returns the bytes of the arena when all models are resident. */
  public long arenaBytes() {
    long bytes = 0;
    for (Map.Entry<SlabKey, Long> e : slabs.entrySet()) {
      bytes += e.getValue() * e.getKey().dtype().bytes() * (e.getKey().perModel() ? models() : 1);
    }
    return bytes;
  }

  public static Plan of(Program program, CompileOptions options) {
    return new Planner(program, options.fuse() && !options.checkNan()).plan();
  }
}
