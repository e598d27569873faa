// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.theory.Calculation;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Error of maps on fresh signals with noisy measurements, {@code |E (A x + e) - x|^2} with x = R z,
 * z ~ N(0, I_s), e ~ N(0, sigma^2 I_m): sampled on the device, and in closed form.
 */
final class NoiseTest {
  private NoiseTest() {}

  /**
   * Returns sampled mean square errors, with all maps on the same signals and noise.
   *
   * @param samples test signals
   */
  static Mean[] sampled(
      Device device, InverseProblem p, List<Matrix> maps, double sigma, int samples, long seed) {
    int models = maps.size();
    Program.Builder b = Program.builder("noise-test");
    Value e = b.input("maps", real(models, p.d(), p.m()));
    Value r = b.input("signals", real(1, p.d(), p.s()));
    Value a = b.input("forward", real(1, p.m(), p.d()));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    Randoms random = Randoms.fixed(key, F.iota(2, 1, samples));
    Value z = random.normal("codes", DType.F64, Shape.of(p.s())); // [1, B, s]
    Value noise = F.mul(random.normal("noise", DType.F64, Shape.of(p.m())), sigma);
    Value x = F.matmul(z, r, false, true); // [1, B, d]
    Value y = F.add(F.matmul(x, a, false, true), noise); // [1, B, m]
    Value miss = F.sub(F.matmul(y, e, false, true), x); // [M, B, d]
    b.output("errors", F.sum(F.square(miss), 2));
    HostTensor errors =
        Calculation.run(
                device,
                b.build(),
                Map.of(
                    "maps", Descent.stack(maps),
                    "signals", Descent.stack(List.of(p.signals())),
                    "forward", Descent.stack(List.of(p.forward())),
                    "key", TrialKey.tensor(List.of(TrialKey.of(seed, "deep-linear test")))))
            .get("errors");
    return Mean.rows(errors, models);
  }

  /** Returns {@code |E A R - R|_F^2 + sigma^2 |E|_F^2}. */
  static double expected(InverseProblem p, Matrix map, double sigma) {
    return map.times(p.restricted()).minus(p.signals()).squares() + sigma * sigma * map.squares();
  }

  private static TensorType real(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }
}
