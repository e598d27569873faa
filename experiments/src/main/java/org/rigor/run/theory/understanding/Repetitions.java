// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.theory.Lab;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * A repeated random computation: each repetition is a row of the model axis with a separate key,
 * and a program of {@code rows} rows runs until {@code count} repetitions are done.
 *
 * @param role tells the random numbers of one law from another's
 * @param count repetitions, a multiple of {@code rows}
 */
record Repetitions(Lab lab, String role, int count, int rows) {
  Repetitions {
    if (rows < 1 || count % rows != 0) {
      throw new IllegalArgumentException(
          "%s: %d repetitions are no multiple of %d rows".formatted(role, count, rows));
    }
  }

  /**
   * Traces, compiles and repeats a computation.
   *
   * @param body from draws, [rows, 1, rest...], to results [rows, ...] in F64 by name
   * @return by name, the results of all repetitions one after another
   */
  Map<String, double[]> run(Function<Randoms, Map<String, Value>> body) {
    Program.Builder b = Program.builder(role);
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(rows, 2)));
    body.apply(Randoms.fixed(key, F.fill(DType.I32, Shape.of(1, 1), 0))).forEach(b::output);
    Program program = b.build();
    Map<String, double[]> found = new LinkedHashMap<>();
    program
        .outputs()
        .forEach(
            (name, v) ->
                found.put(
                    name,
                    new double
                        [Math.multiplyExact(Math.toIntExact(v.shape().size()) / rows, count)]));
    try (Executable e = Workspace.alone(lab.device(), program)) {
      for (int from = 0; from < count; from += rows) {
        lab.checkpoint();
        List<TrialKey> keys = new ArrayList<>();
        for (int i = from; i < from + rows; i++) {
          keys.add(TrialKey.of(lab.seed(), role + " " + i));
        }
        HostTensor words = TrialKey.tensor(keys);
        e.input("key").write(words);
        e.run();
        for (var all : found.entrySet()) {
          double[] some = e.output(all.getKey()).read().doubles();
          System.arraycopy(some, 0, all.getValue(), from * (some.length / rows), some.length);
        }
      }
    }
    return found;
  }
}
