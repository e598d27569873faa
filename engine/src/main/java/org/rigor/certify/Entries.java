// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * What a program is to do for each of M models: entries of whole numbers, of each model another
 * number of them. Those behind it count as -1.
 */
final class Entries {
  private static final String TABLE = "entries";
  private static final String COUNT = "count";

  private final int[][] numbers;
  private final int[] counts;
  private final int columns;

  /**
   * @param columns numbers of an entry
   */
  Entries(int models, int columns) {
    this.numbers = new int[models][0];
    this.counts = new int[models];
    this.columns = columns;
  }

  boolean isEmpty() {
    return most() == 0;
  }

  int count(int model) {
    return counts[model];
  }

  /** Returns the most entries of any model. */
  int most() {
    return Arrays.stream(counts).max().orElse(0);
  }

  void add(int model, int... entry) {
    int at = counts[model]++ * columns;
    if (at == numbers[model].length) {
      numbers[model] = Arrays.copyOf(numbers[model], Math.max(8 * columns, 2 * at));
    }
    System.arraycopy(entry, 0, numbers[model], at, columns);
  }

  void clear() {
    Arrays.fill(counts, 0);
  }

  /**
   * Hands entries to a program, for one run.
   *
   * @param from first of them, below the number of some model
   * @param together most that the program takes of a model
   * @return most that it is handed of a model
   */
  int put(Executable program, int from, int together) {
    int most = Math.min(together, most() - from);
    int[] all = new int[counts.length * most * columns];
    int[] own = new int[counts.length];
    for (int m = 0; m < own.length; m++) {
      own[m] = Math.max(0, Math.min(most, counts[m] - from));
      System.arraycopy(
          numbers[m],
          Math.min(from, counts[m]) * columns,
          all,
          m * most * columns,
          own[m] * columns);
    }
    Shape shape = Shape.of(own.length, most, columns);
    program.input(TABLE).writeRows(HostTensor.of(shape, all));
    program.input(COUNT).write(HostTensor.of(Shape.of(own.length, 1), own));
    return most;
  }

  /** Traces the columns of the entries, I32 [M, capacity] each. */
  static Value[] trace(Program.Builder b, int models, int capacity, int columns) {
    Shape each = Shape.of(models, capacity);
    Value all = b.input(TABLE, new TensorType(DType.I32, each.insert(2, columns)));
    Value count = b.input(COUNT, new TensorType(DType.I32, Shape.of(models, 1)));
    Value own = F.lt(F.broadcast(F.iota(2, 1, capacity), each), F.broadcast(count, each));
    Value[] traced = new Value[columns];
    for (int c = 0; c < columns; c++) {
      Value column = F.reshape(F.slice(all, 2, c, c + 1), each);
      traced[c] = F.select(own, column, F.constant(column, -1));
    }
    return traced;
  }
}
