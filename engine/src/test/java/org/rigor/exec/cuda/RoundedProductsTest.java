// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.exec.Products;
import org.rigor.ir.Program;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/** Products of floats whose operands are rounded for tensor cores. */
class RoundedProductsTest {
  private static final Shape COLUMN = Shape.of(1, 3, 1);
  private static final float[] NEAR_ONE = {1 + 0x1p-12f, 1 + 0x1p-9f, 1 + 0x1p-6f};

  /** An outer product with 3, which has no sum to round. */
  private static Program thrice() {
    var b = Program.builder("thrice");
    var x = b.input("x", new TensorType(DType.F32, COLUMN));
    var y = b.input("y", new TensorType(DType.F32, Shape.of(1, 1, 2)));
    return b.output("z", F.matmul(x, y)).build();
  }

  private static float[] thrice(Device device, Products products) {
    CompileOptions options = CompileOptions.DEFAULT.with(products);
    try (Executable e = device.compile(thrice(), Map.of(), options)) {
      e.input("x").write(HostTensor.of(COLUMN, NEAR_ONE));
      e.input("y").write(HostTensor.of(Shape.of(1, 1, 2), new float[] {3, -3}));
      e.run();
      return e.output("z").read().floats();
    }
  }

  private static float[] times3(float... x) {
    float[] all = new float[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      all[2 * i] = 3 * x[i];
      all[2 * i + 1] = -3 * x[i];
    }
    return all;
  }

  @Test
  void operandsKeepTheBitsOfTheirType() {
    try (Device device = TestedCuda.open()) {
      assertThat(thrice(device, Products.EXACT)).isEqualTo(times3(NEAR_ONE));
      assertThat(thrice(device, Products.TF32)).isEqualTo(times3(1, 1 + 0x1p-9f, 1 + 0x1p-6f));
      assertThat(thrice(device, Products.BF16)).isEqualTo(times3(1, 1, 1 + 0x1p-6f));
    }
  }

  @Test
  void theCpuRefusesThem() {
    try (Device device = Device.open("cpu")) {
      for (Products p : List.of(Products.TF32, Products.BF16)) {
        assertThatThrownBy(() -> thrice(device, p))
            .isInstanceOf(DeviceException.class)
            .hasMessageContaining(p + " need a CUDA device of compute capability 8.0")
            .hasMessageContaining("this is cpu");
      }
    }
  }

  private static HostTensor trained(Device device, Products products) {
    Sequential net = Sequential.mlp(Shape.of(4), List.of(7), Activation.TANH, 3);
    HostTensor x = SmallStudy.inputs();
    int n = x.shape().dim(0);
    TrainingSetup setup =
        new TrainingSetup(
            net, DType.F32, n, n, new Optimiser.Sgd(false), new StandardTraining(), Box.UNIT);
    ModelSetup model =
        new ModelSetup(TrialKey.of(1, "train"), 3, 0.5, new Schedule.Constant(), 0, 0, 0, Map.of());
    try (Trainer t =
        new Trainer(device, setup.with(products), List.of(model), x, SmallStudy.labels())) {
      for (int epoch = 0; epoch < 3; epoch++) {
        t.epoch();
      }
      return t.parameters().get("0.weight");
    }
  }

  /** Relative to weights of about 1, three steps move them apart by less than the rounding. */
  @Test
  void trainingRoundsWhatItIsToldTo() {
    try (Device device = TestedCuda.open()) {
      HostTensor exact = trained(device, Products.EXACT);
      double tf32 = distance(exact, trained(device, Products.TF32));
      double bf16 = distance(exact, trained(device, Products.BF16));
      assertThat(tf32).isBetween(0x1p-24, 0x1p-11);
      assertThat(bf16).isBetween(2 * tf32, 0x1p-8);
    }
  }

  private static double distance(HostTensor a, HostTensor b) {
    double most = 0;
    for (int i = 0; i < a.shape().size(); i++) {
      most = Math.max(most, Math.abs(a.get(i) - b.get(i)));
    }
    return most;
  }
}
