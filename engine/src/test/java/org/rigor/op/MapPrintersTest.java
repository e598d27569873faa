// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.rigor.exec.codegen.LoopCompiler;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The body of every elementwise op as scalar and as vector code against the interpreter, on plain
 * and edge values. A device uses the compiled tiers only after much work, so its own tests would
 * not reach them.
 */
class MapPrintersTest {
  /** Not a multiple of any vector width. */
  private static final int N = 407;

  private static final int[] WIDTHS = {128, 256, 512};

  private record Body(String label, ExprKernel kernel, OpSample.Traced traced) {}

  private static Stream<Body> bodies() {
    Set<String> seen = new HashSet<>();
    List<Body> bodies = new ArrayList<>();
    for (OpSample s : OpSamples.all()) {
      for (DType real : s.hasReal() ? List.of(DType.F32, DType.F64) : List.of(DType.F32)) {
        OpSample.Traced t = s.trace(1, real);
        if (t.y().op().lower(t.y()) instanceof Lowering.Map m) {
          ExprKernel k = m.body().parameterize();
          if (seen.add(k.key())) {
            bodies.add(new Body(s.label() + " " + real, k, t));
          }
        }
      }
    }
    return bodies.stream();
  }

  @TestFactory
  Stream<DynamicTest> scalarCodeHasTheInterpretersBits() {
    return bodies()
        .map(
            b ->
                DynamicTest.dynamicTest(
                    b.label(),
                    () -> check(b, LoopCompiler.scalar(b.kernel(), b.traced().inputs().size()))));
  }

  @TestFactory
  Stream<DynamicTest> vectorCodeHasTheInterpretersBits() {
    assumeTrue(
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
        "the vector module is absent");
    return bodies()
        .map(
            b ->
                DynamicTest.dynamicTest(
                    b.label(),
                    () -> {
                      int n = b.traced().inputs().size();
                      int width = WIDTHS[Math.floorMod(b.label().hashCode(), WIDTHS.length)];
                      check(b, LoopCompiler.vector(b.kernel(), n, Set.of(), width));
                    }));
  }

  private static void check(Body b, MapLoop loop) {
    int n = b.traced().inputs().size();
    Object[] arrays = new Object[n + 1];
    List<HostTensor> x = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      x.add(operand(b.traced().inputs().get(i).dtype(), i));
      arrays[i] = x.get(i).array();
    }
    HostTensor actual = HostTensor.zeros(new TensorType(b.traced().y().dtype(), Shape.of(1, N)));
    arrays[n] = actual.array();
    int[] zeros = new int[n + 1];
    int[] ones = new int[n + 1];
    Arrays.fill(ones, 1);
    loop.run(arrays, zeros, 1, zeros, N, ones, b.kernel().params());
    HostTensor expected = HostTensor.zeros(actual.type());
    for (int i = 0; i < N; i++) {
      int at = i;
      long[] bits = x.stream().mapToLong(t -> NaiveEvaluator.bits(t, at)).toArray();
      NaiveEvaluator.set(expected, i, ExprInterpreter.eval(b.kernel(), bits)[0]);
    }
    OpContractTest.assertSame(b.label(), actual, expected);
  }

  /** All pairs of edge values over two operands, then random ones of every magnitude. */
  private static HostTensor operand(DType type, int position) {
    HostTensor t = HostTensor.zeros(new TensorType(type, Shape.of(1, N)));
    Random random = new Random(position);
    double[] edges = OpSample.edges(type);
    int period = (int) Math.pow(edges.length, position);
    for (int i = 0; i < N; i++) {
      boolean edge = i < edges.length * edges.length;
      double x =
          switch (type) {
            case BOOL -> random.nextInt(2);
            case I32 -> random.nextInt();
            default ->
                edge
                    ? edges[i / period % edges.length]
                    : random.nextGaussian() * Math.exp(random.nextGaussian() * 4);
          };
      NaiveEvaluator.set(t, i, ExprInterpreter.bits(ExprType.of(type), x));
    }
    return t;
  }
}
