// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.rigor.exec.Device;
import org.rigor.lipschitz.ProductBound;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.nn.models.ResNet18;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Seconds of the certified product bound of ResNet-18 on 32x32x3, with initial weights, on all
 * processors. The floor counts only the products: 75 GFLOP of Gram matrices over all frequencies,
 * 35 GFLOP of factorisations.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
public class ProductBoundBenchmark {
  /** Channels of the first stage. */
  @Param("64")
  public int width;

  private Device device;
  private Models networks;

  /** Draws the weights. */
  @Setup
  public void draw() {
    device = Device.open("cpu");
    Network network = ResNet18.of(Shape.of(32, 32, 3), width, 10);
    networks = Models.of(device, network, network.initial(List.of(TrialKey.of(1, "bench"))));
  }

  /** Closes the device. */
  @TearDown
  public void close() {
    networks.close();
    device.close();
  }

  /** Computes one bound. */
  @Benchmark
  public double[] bound() {
    return ProductBound.of(networks, Norm.L2);
  }
}
