// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Norm;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * e. PGD-100 of 10,000 samples on 784-256-256-10, from the clean point; the time is that of the
 * whole call, transfers and the check of every success in double included. At the smaller radius
 * few samples fall, so all 100 steps are needed; at the larger one most fall early, which Rigor
 * uses and a fixed loop does not.
 */
final class AttackWork {
  private static final int STEPS = 100;
  private static final double[] RADII = {0.0005, 0.02};
  private static final double SECONDS = 12;

  private AttackWork() {}

  static void run(GpuAccept.Session s, Map<String, Object> found) throws IOException {
    int n = s.size(10_000, 64);
    Sequential net = TrainingWork.mlp(784, 256, 256);
    List<TrialKey> keys = List.of(TrialKey.of(0, "train"));
    Map<String, HostTensor> params = net.initial(keys);
    HostTensor x = WorkData.synthetic(n, 784, 10).x();
    try (Device device = Device.open(s.kind())) {
      HostTensor y = predictions(device, net, params, x);
      WorkData.export(s.out(), "e", new WorkData.Samples(x, y), params);
      double[] survivors = new double[RADII.length];
      for (int r = 0; r < RADII.length; r++) {
        Pgd pgd = new Pgd(Norm.LINF, STEPS, 2.5 / STEPS, false);
        CurveAttack attack =
            new CurveAttack(
                pgd,
                AttackLoss.CROSS_ENTROPY,
                List.of(RADII[r]),
                1,
                Box.UNIT,
                Math.min(n, s.size(2500, 32)));
        CurveAttacker attacker = new CurveAttacker(device, net, attack);
        CurveResult[] last = new CurveResult[1];
        Stopwatch.Times times =
            Stopwatch.time(SECONDS, run -> last[0] = attacker.run(params, keys, x, y));
        survivors[r] = Arrays.stream(last[0].survived()[0]).sum() / (double) n;
        double weights = 784 * 256 + 256 * 256 + 256 * 10;
        s.records()
            .time(
                "e" + (r + 1),
                1,
                times,
                new Records.Floor(n * (STEPS * 2 * 2.0 + 2) * weights, 4.0 * n * 784),
                Map.of(
                    "epsilon",
                    RADII[r],
                    "robustAccuracy",
                    survivors[r],
                    "ambiguous",
                    last[0].ambiguous()[0]));
      }
      s.records().agree("e", survivors);
    }
  }

  /** The network's own classes [N]: every sample starts out classified as labelled. */
  private static HostTensor predictions(
      Device device, Sequential net, Map<String, HostTensor> params, HostTensor x) {
    int n = x.shape().dim(0);
    Program.Builder b = Program.builder("predictions");
    Map<String, Value> p = net.declare(b, "param/", 1, DType.F32);
    Value in = b.input("x", new TensorType(DType.F32, Shape.of(1, n, 784)));
    b.output("y", F.argMax(net.apply(p, in), -1));
    try (Executable e = device.compile(b.build())) {
      params.forEach((name, v) -> e.input("param/" + name).write(v));
      e.input("x").write(x.reshape(Shape.of(1, n, 784)));
      e.run();
      return e.output("y").read().reshape(Shape.of(n));
    }
  }
}
