// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.HostAttack;
import org.rigor.attack.Pgd;
import org.rigor.certify.Certifier;
import org.rigor.certify.Ibp;
import org.rigor.data.Box;
import org.rigor.diff.SamplesApart;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.lipschitz.ProductBound;
import org.rigor.nn.models.ResNet18;
import org.rigor.nn.models.VisionTransformer;
import org.rigor.op.CumSum;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

class SamplesApartTest {
  private static void require(UnaryOperator<Value> f) {
    Value x = Program.builder("p").input("x", new TensorType(DType.F32, Shape.of(2, 3, 4)));
    SamplesApart.require(f.apply(x), x);
  }

  private static void refuses(UnaryOperator<Value> f, String op) {
    assertThatThrownBy(() -> require(f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must not depend on each other")
        .hasMessageContaining(op)
        .hasMessageContaining("SamplesApartTest.java:");
  }

  @Test
  void everyWayToJoinSamplesIsNamed() {
    refuses(x -> F.sub(x, F.mean(x, 1)), "Sum");
    refuses(x -> F.max(x, 1), "MaxReduce");
    refuses(x -> F.transpose(x, List.of(0, 2, 1)), "Transpose");
    refuses(x -> F.slice(x, 1, 1, 3), "Slice");
    refuses(x -> F.matmul(x, x, true, false), "MatMul");
    refuses(x -> F.matmul(F.fill(DType.F32, Shape.of(2, 3, 3), 1), x), "MatMul");
    refuses(x -> F.reshape(x, Shape.of(2, 12)), "Reshape");
    refuses(x -> Value.of(new CumSum(1, false), x), "CumSum");
    refuses(x -> F.gather(x, F.fill(DType.I32, Shape.of(2, 3), 0)), "Gather");
    require(x -> F.sub(F.softmax(x, 2), F.reshape(F.reshape(x, Shape.of(2, 3, 2, 2)), x.shape())));
    require(x -> F.matmul(x, F.fill(DType.F32, Shape.of(1, 4, 5), 1)));
    require(x -> Value.of(new CumSum(2, false), x));
  }

  @Test
  void finishedNetworksKeepTheirSamplesApart() {
    Shape image = Shape.of(8, 8, 1);
    for (Network net :
        List.of(
            ResNet18.of(image, 2, 3),
            new VisionTransformer(4, 4, 1, 2, 2, TokenPool.FIRST).of(image, 3))) {
      Program.Builder b = Program.builder("net");
      Map<String, Value> p = net.declare(b, "", 2, DType.F32);
      Value x = b.input("x", new TensorType(DType.F32, image.insert(0, 5).insert(0, 2)));
      assertThatCode(() -> SamplesApart.require(net.apply(p, x), x)).doesNotThrowAnyException();
    }
  }

  /** A network that always uses the statistics of its batch. */
  private record InBatchMode(Sequential net) implements Network {
    @Override
    public Shape input() {
      return net.input();
    }

    @Override
    public int outputs() {
      return net.outputs();
    }

    @Override
    public List<Parameter> parameters() {
      return net.parameters();
    }

    @Override
    public Value apply(Map<String, Value> params, Value x) {
      return net.apply(params, x, Pass.with(Pass.Statistics.BATCH));
    }
  }

  @Test
  void attacksAndMeasurementsRefuseTheStatisticsOfTheBatch() {
    Network net =
        new InBatchMode(
            new Sequential(Shape.of(2), List.of(new Dense(3), new BatchNorm(), new Dense(2))));
    Map<String, HostTensor> params = new LinkedHashMap<>(net.initial(List.of(TrialKey.of(1, "t"))));
    HostTensor x = HostTensor.of(Shape.of(3, 2), new double[] {0.1, 0.2, 0.3, 0.4, 0.5, 0.6});
    HostTensor y = HostTensor.of(Shape.of(3), new int[] {0, 1, 0});
    CurveAttack attack =
        CurveAttack.of(new Pgd(2, 0.5, false), new Threat(Norm.LINF, Box.UNIT), List.of(0.1))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withSlots(3);
    List<TrialKey> keys = List.of(TrialKey.of(1, "t"));
    try (Device cpu = new CpuDevice(1, "scalar", "test")) {
      assertThatThrownBy(() -> HostAttack.run(cpu, net, attack, params, keys, x, y))
          .hasMessageContaining("must use stored statistics");
      for (Norm norm : Norm.values()) {
        assertThatThrownBy(() -> HostNetworks.jacobians(cpu, net, params, x, norm))
            .hasMessageContaining("must use stored statistics");
      }
      assertThatThrownBy(() -> ProductBound.requireRules(net))
          .isInstanceOf(IllegalArgumentException.class);
      try (Models networks = Models.of(cpu, net, params);
          Certifier c = new Certifier(networks, List.of(new Ibp()), Box.UNIT, Norm.LINF)) {
        assertThatThrownBy(() -> c.run(x, y, List.of(0.1))).hasMessageContaining("samples apart");
      }
    }
  }
}
