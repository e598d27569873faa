// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.attack.PreparedAttack;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.certify.Crown;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Traffic;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.lipschitz.JacobianMeter;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.lipschitz.ProductBound;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * What attacks, certificates and Jacobian norms may ask of a device: samples cross once, results
 * once, with at most a tenth more bytes, and the host neither waits for each batch nor lets the
 * device go idle between them.
 */
class WorkTrafficTest {
  private static final int FEATURES = 784;
  private static final double FEW_FALL = 0.004;
  private static final List<TrialKey> KEYS = List.of(TrialKey.of(0, "train"));
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(16), Activation.RELU, 10);
  private static final Map<String, HostTensor> PARAMETERS = NET.initial(KEYS);

  private static HostTensor samples(int n) {
    Random random = new Random(1);
    float[] x = new float[n * FEATURES];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    return HostTensor.of(Shape.of(n, FEATURES), x);
  }

  /** Returns the network's own classes, so that every sample starts out correct. */
  private static HostTensor labels(HostTensor x) {
    int n = x.shape().dim(0);
    Program.Builder b = Program.builder("labels");
    Map<String, Value> p = NET.declare(b, "param/", 1, DType.F32);
    Value in = b.input("x", new TensorType(DType.F32, x.shape().insert(0, 1)));
    b.output("y", F.argMax(NET.apply(p, in), -1));
    try (Device cpu = new CpuDevice(1, "scalar", "test");
        Executable e = cpu.compile(b.build())) {
      PARAMETERS.forEach((name, v) -> e.input("param/" + name).write(v));
      e.input("x").write(x.reshape(in.shape()));
      e.run();
      return e.output("y").read().reshape(Shape.of(n));
    }
  }

  /** Returns what the second call asks: the first one also prepares. */
  private static Traffic second(Device device, Runnable call) {
    call.run();
    return asked(device, call);
  }

  private static Traffic asked(Device device, Runnable call) {
    Traffic before = device.traffic().orElseThrow();
    call.run();
    return device.traffic().orElseThrow().since(before);
  }

  private static void crossOnce(Traffic t, long in, long out) {
    assertThat(t.toDevice().bytes()).as("bytes to the device").isBetween(in, in + in / 10);
    assertThat(t.toHost().bytes()).as("bytes to the host").isGreaterThanOrEqualTo(out);
    assertThat(t.toDevice().bytes() + t.toHost().bytes())
        .as("bytes of both directions")
        .isLessThanOrEqualTo((in + out) * 11 / 10);
  }

  private static Traffic attack(Device device, int steps, double radius, HostTensor x, int[] fell) {
    HostTensor y = labels(x);
    int n = x.shape().dim(0);
    CurveAttack attack =
        CurveAttack.of(
                new Pgd(steps, 2.5 / steps, false),
                new Threat(Norm.LINF, Box.UNIT),
                List.of(radius))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withSlots(n);
    try (PreparedAttack prepared = new CurveAttacker(device, NET, attack).prepare(1, n);
        Models networks = Models.of(device, NET, PARAMETERS)) {
      CurveResult[] last = new CurveResult[1];
      Traffic t = second(device, () -> last[0] = prepared.run(networks, KEYS, x, y));
      fell[0] = n - IntStream.of(last[0].survived()[0]).sum();
      return t;
    }
  }

  /**
   * PGD-100 at radii where no sample falls, some and most. The host waits for the clean check, the
   * results, the check of what fell and its points; looks between blocks of steps, more of them for
   * more steps, leave the device at work.
   */
  @Test
  void attacksCopySamplesOnceAndKeepTheDeviceBusy() {
    int n = 32;
    HostTensor x = samples(n);
    long in = 4L * n * FEATURES;
    int[] fell = new int[1];
    try (Device device = TestedCuda.open()) {
      for (double radius : new double[] {1e-6, FEW_FALL, 0.2}) {
        Traffic t = attack(device, 100, radius, x, fell);
        if (radius < FEW_FALL) {
          assertThat(t.replays())
              .as("sizes of weights, check, turn, four times 25 steps and a turn")
              .isEqualTo(7);
        } else if (radius == FEW_FALL) {
          assertThat(fell[0]).isBetween(1, n / 2);
        }
        crossOnce(t, in, 4L * fell[0] * FEATURES);
        Traffic fewer = attack(device, 20, radius, x, fell);
        assertThat(t.drains()).as("whatever the steps").isLessThanOrEqualTo(fell[0] > 0 ? 4 : 2);
        assertThat(t.waits()).isGreaterThan(t.drains()).isGreaterThanOrEqualTo(fewer.waits());
        assertThat(t.within().bytes()).isEqualTo(fewer.within().bytes());
      }
      assertThat(fell[0]).as("fallen at the last radius").isGreaterThan(n / 2);
    }
  }

  /** More samples than slots, each of which takes one pass: no look is needed. */
  @Test
  void certificatesCopySamplesOnceAndWaitAtTheEnd() {
    int n = 1100;
    HostTensor x = samples(n);
    HostTensor y = labels(x);
    CertifiedCurve[] last = new CertifiedCurve[1];
    try (Device device = TestedCuda.open();
        Models networks = Models.of(device, NET, PARAMETERS);
        Certifier certifier = new Certifier(networks, List.of(new Crown()), Box.UNIT, Norm.LINF)) {
      Traffic t = second(device, () -> last[0] = certifier.run(x, y, List.of(1e-4)));
      assertThat(IntStream.of(last[0].survived()[0]).sum()).isGreaterThan(n / 2);
      crossOnce(t, 4L * n * FEATURES, 8L * n * 10);
      assertThat(t.waits()).isEqualTo(1);
    }
  }

  /** Two radii take one pass or two, and nothing follows the second: no look is needed either. */
  @Test
  void certificatesEndWithTheirLastPass() {
    HostTensor x = samples(40);
    HostTensor y = labels(x);
    try (Device device = TestedCuda.open();
        Models networks = Models.of(device, NET, PARAMETERS);
        Certifier certifier = new Certifier(networks, List.of(new Crown()), Box.UNIT, Norm.LINF)) {
      Traffic one = second(device, () -> certifier.run(x, y, List.of(1e-4)));
      Traffic two = second(device, () -> certifier.run(x, y, List.of(1e-4, 1e-3)));
      assertThat(one.replays())
          .as("what parameters decide, a turn, then a pass with a turn")
          .isEqualTo(3);
      assertThat(two.replays()).isEqualTo(4);
      assertThat(two.waits()).isEqualTo(1);
    }
  }

  @Test
  void jacobianNormsCopySamplesOnceAndWaitAtTheEnd() {
    int n = 300;
    HostTensor x = samples(n);
    JacobianNorms[] last = new JacobianNorms[1];
    try (Device device = TestedCuda.open();
        Models networks = Models.of(device, NET, PARAMETERS);
        JacobianMeter meter = new JacobianMeter(networks, x, Norm.L2, Nearby.in(Box.NONE))) {
      Traffic t = second(device, () -> last[0] = meter.measure(x));
      assertThat(last[0].kinks(0)).as("samples that are measured again").isEmpty();
      crossOnce(t, 4L * n * FEATURES, 8L * n * 4);
      assertThat(t.waits()).isEqualTo(1);
    }
  }

  /** The upper side's scaled weights come of parameters that the device has. */
  @Test
  void upperSidesSendNoParametersBack() {
    Sequential net =
        new Sequential(
            Shape.of(20), List.of(new Dense(30), new BatchNorm(), Activation.RELU, new Dense(3)));
    try (Device device = TestedCuda.open();
        Models all = Models.of(device, net, net.initial(List.of(KEYS.get(0), KEYS.get(0))))) {
      double[] upper = new double[2];
      Traffic whole = second(device, () -> upper[0] = ProductBound.of(all, Norm.L2)[1]);
      assertThat(whole.toDevice().bytes()).isZero();
      try (Models one = all.one(1)) {
        Traffic row = asked(device, () -> upper[1] = ProductBound.of(one, Norm.L2)[0]);
        assertThat(row.toDevice().bytes()).isZero();
        assertThat(row.toHost().bytes()).as("sides of scales, no weights").isLessThan(4 * 20 * 30);
      }
      assertThat(upper[1]).isEqualTo(upper[0]);
    }
  }

  /** Forty batches whose fields and results fill the pinned memory more than once. */
  @Test
  void batchesAreQueuedWithoutWaitingForEach() {
    int batch = 300;
    int n = 40 * batch;
    Program.Builder b = Program.builder("twice");
    Value in = b.input("x", new TensorType(DType.F32, Shape.of(1, batch, FEATURES)));
    b.output("y", F.add(in, in));
    HostTensor x = samples(n);
    try (Device device = TestedCuda.open();
        Executable e = Workspace.alone(device, b.build())) {
      BatchQueue queue = new BatchQueue(batch, e);
      queue.put("x", x.reshape(Shape.of(1, n, FEATURES)));
      HostTensor[] y = new HostTensor[1];
      Traffic t = asked(device, () -> y[0] = queue.run(Pool.all(1, n), List.of("y")).get("y"));
      float[] expected = x.floats().clone();
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= 2;
      }
      assertThat(Arrays.equals(y[0].floats(), expected)).isTrue();
      long bytes = 4L * n * FEATURES;
      assertThat(t.toDevice().bytes()).isEqualTo(bytes);
      assertThat(t.toHost().bytes()).isEqualTo(bytes);
      assertThat(t.waits())
          .as("one a section of 4 MiB, and one a batch of the last")
          .isLessThanOrEqualTo(3 + 2 * bytes / (4 << 20));
      assertThat(t.drains()).isLessThanOrEqualTo(1);
    }
  }
}
