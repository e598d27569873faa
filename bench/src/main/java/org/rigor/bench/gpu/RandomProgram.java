// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A random program of maps, reductions, layout changes, gathers and random numbers over tensors
 * that broadcast to [M, R, C], with inputs: the operations with the same bits on every device.
 */
final class RandomProgram {
  private static final int OPS = 14;

  private final Random random;
  private final Map<String, HostTensor> inputs = new LinkedHashMap<>();
  private final Program.Builder builder;
  private final List<Value> pool = new ArrayList<>();
  private final Shape full;
  private final Value key;
  private final Value rows;

  private RandomProgram(long seed) {
    random = new Random(seed);
    builder = Program.builder("random-" + seed);
    int m = random.nextBoolean() ? 1 : 3;
    full = Shape.of(m, 1 + random.nextInt(40), 1 + random.nextInt(700));
    int r = full.dim(1);
    int c = full.dim(2);
    pool.add(real("x", full));
    pool.add(real("shared", Shape.of(1, r, c)));
    pool.add(real("row", Shape.of(m, 1, c)));
    pool.add(real("column", Shape.of(1, r, 1)));
    key = ints("key", Shape.of(m, 2), Integer.MAX_VALUE);
    rows = ints("rows", Shape.of(m, r), r);
  }

  /** The program with its inputs. */
  record Case(Program program, Map<String, HostTensor> inputs) {}

  static Case of(long seed) {
    RandomProgram p = new RandomProgram(seed);
    for (int i = 0; i < OPS; i++) {
      p.pool.add(p.next(i));
    }
    for (int i = 0; i < 4; i++) {
      p.builder.output("y" + i, p.pool.get(p.pool.size() - 1 - i));
    }
    return new Case(Simplify.run(p.builder.build()), p.inputs);
  }

  private Value next(int i) {
    Value a = any();
    Value b = any();
    return switch (random.nextInt(16)) {
      case 0 -> F.add(a, b);
      case 1 -> F.sub(a, b);
      case 2 -> F.mul(a, b);
      case 3 -> F.div(a, F.add(F.square(b), 1));
      case 4 -> F.maximum(a, b);
      case 5 -> F.select(F.lt(a, b), F.broadcast(a, full), F.broadcast(b, full));
      case 6 -> F.tanh(a);
      case 7 -> F.exp(F.clamp(a, -4, 4));
      case 8 -> F.sin(a);
      case 9 -> F.log(F.add(F.square(a), 0.5));
      case 10 -> F.relu(F.sub(a, b));
      case 11 -> F.sum(F.broadcast(a, full), 1 + random.nextInt(2));
      case 12 -> F.max(F.broadcast(a, full), 1 + random.nextInt(2));
      case 13 -> F.gather(F.broadcast(a, full), rows);
      case 14 -> {
        // Sum over a transposed view, then shape the result back into a column.
        Value t = F.transpose(F.broadcast(a, full), List.of(0, 2, 1));
        yield F.reshape(F.sum(t, 1), Shape.of(full.dim(0), full.dim(1), 1));
      }
      default -> {
        Randoms r = Randoms.fixed(key, rows);
        Value noise = r.normal("site" + i, DType.F32, Shape.of(full.dim(2)));
        yield F.add(noise, a);
      }
    };
  }

  private Value any() {
    return pool.get(random.nextInt(pool.size()));
  }

  private Value real(String name, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    inputs.put(name, HostTensor.of(shape, values));
    return builder.input(name, new TensorType(DType.F32, shape));
  }

  private Value ints(String name, Shape shape, int bound) {
    int[] values = new int[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(bound);
    }
    inputs.put(name, HostTensor.of(shape, values));
    return builder.input(name, new TensorType(DType.I32, shape));
  }
}
