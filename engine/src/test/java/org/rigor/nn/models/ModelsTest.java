// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Loss;
import org.rigor.nn.OnEveryDevice;
import org.rigor.nn.Parameter;
import org.rigor.nn.Pass;
import org.rigor.nn.Sequential;
import org.rigor.nn.TokenPool;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class ModelsTest {
  private static final Device CPU = new CpuDevice(2, "scalar", "test");
  private static final int BATCH = 3;
  private static final Shape CIFAR = Shape.of(32, 32, 3);
  private static final Shape MNIST = Shape.of(28, 28, 1);

  @AfterAll
  static void close() {
    CPU.close();
  }

  /** Published counts: kuangliu/pytorch-cifar; LeNet-5 in PyTorch's tutorial form; timm's ViT. */
  @Test
  void parametersAreAsManyAsPublished() {
    assertThat(ResNet18.of(CIFAR, 64, 10).parameterCount()).isEqualTo(11_173_962);
    // 11,171,146 without the last batch norm, which has a scale and a shift of 512 channels
    assertThat(PreActResNet18.of(CIFAR, 64, 10).parameterCount()).isEqualTo(11_171_146 + 2 * 512);
    assertThat(ConvNet.leNet(MNIST, 10).parameterCount()).isEqualTo(61_706);
    assertThat(
            ConvNet.of(MNIST, List.of(16, 32), 3, 2, List.of(100), Activation.RELU, false, 10)
                .parameterCount())
        .isEqualTo(160 + 4640 + 156_900 + 1010);
    // vit_tiny_patch16_224 of 5,717,416 parameters
    assertThat(
            new VisionTransformer(16, 192, 12, 3, 4, TokenPool.FIRST)
                .of(Shape.of(224, 224, 3), 1000)
                .parameterCount())
        .isEqualTo(5_717_416);
  }

  /** 20 batch norms: one of the stem, two a block, three of shortcuts. */
  @Test
  void everyBatchNormIsUpdatedInABatchPass() {
    Sequential net = ResNet18.of(Shape.of(8, 8, 1), 2, 10);
    List<String> buffers =
        net.parameters().stream().filter(Parameter::buffer).map(Parameter::name).toList();
    assertThat(buffers).hasSize(2 * 20);
    Program.Builder b = Program.builder("net");
    Pass pass = Pass.with(Pass.Statistics.BATCH);
    net.apply(net.declare(b, "", 1, DType.F32), b.input("x", x(net, 1, DType.F32)), pass);
    assertThat(pass.updates().keySet()).containsExactlyInAnyOrderElementsOf(buffers);
  }

  static Stream<Sequential> small() {
    Shape image = Shape.of(8, 8, 2);
    return Stream.of(
        ConvNet.of(image, List.of(3, 4), 3, 2, List.of(5), Activation.RELU, false, 3),
        ConvNet.of(image, List.of(3, 4), 3, 2, List.of(5), Activation.TANH, true, 3),
        ConvNet.leNet(Shape.of(12, 12, 1), 3),
        ResNet18.of(image, 2, 3),
        PreActResNet18.of(image, 2, 3),
        new VisionTransformer(4, 6, 2, 3, 1.5, TokenPool.FIRST).of(image, 3),
        new VisionTransformer(2, 4, 1, 1, 2, TokenPool.MEAN).of(image, 3));
  }

  private static TensorType x(Sequential net, int models, DType dtype) {
    return new TensorType(dtype, net.input().insert(0, BATCH).insert(0, models));
  }

  /** Loss, its gradient by the input and by every trained parameter, in a pass of training. */
  private static Program program(Sequential net, TensorType x, boolean gradients) {
    int models = x.shape().models();
    DType dtype = x.dtype();
    Program.Builder b = Program.builder("net");
    Map<String, Value> p = net.declare(b, "", models, dtype);
    Value in = b.input("x", x);
    Value z = net.apply(p, in, Pass.with(Pass.Statistics.BATCH));
    assertThat(z.shape()).isEqualTo(Shape.of(models, BATCH, 3));
    Value labels = F.broadcast(F.iota(2, 1, BATCH), Shape.of(models, BATCH));
    Value loss = F.mean(Loss.crossEntropy(z, F.oneHot(labels, 3, dtype)), 1);
    b.output("loss", loss);
    if (gradients) {
      List<String> names = new ArrayList<>(List.of("x"));
      net.parameters().stream().filter(q -> !q.buffer()).forEach(q -> names.add(q.name()));
      List<Value> wrt = names.stream().map(n -> n.equals("x") ? in : p.get(n)).toList();
      List<Value> g = Diff.grad(loss, wrt);
      for (int i = 0; i < names.size(); i++) {
        b.output("d " + names.get(i), g.get(i));
      }
    }
    return Simplify.run(b.build());
  }

  private static Map<String, HostTensor> run(
      Sequential net, Map<String, HostTensor> params, HostTensor x, boolean gradients) {
    Program program = program(net, x.type(), gradients);
    try (Executable e = CPU.compile(program)) {
      params.forEach((name, v) -> e.input(name).write(v));
      e.input("x").write(x);
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      program.outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }

  private static List<TrialKey> keys(int models) {
    return Stream.iterate(1, i -> i + 1).limit(models).map(i -> TrialKey.of(i, "t")).toList();
  }

  private static HostTensor points(TensorType type) {
    HostTensor x =
        HostTensor.of(type.shape(), new Random(3).doubles(type.shape().size()).toArray());
    return type.dtype() == DType.F32 ? x.toFloat() : x;
  }

  @ParameterizedTest
  @MethodSource("small")
  void gradientsAreCentralDifferences(Sequential net) {
    Map<String, HostTensor> params = new LinkedHashMap<>();
    net.initial(keys(1)).forEach((name, v) -> params.put(name, v.toDouble()));
    HostTensor x = points(x(net, 1, DType.F64));
    Map<String, HostTensor> here = run(net, params, x, true);
    // one direction for all parameters and the input together
    Random r = new Random(4);
    Map<String, double[]> v = new LinkedHashMap<>();
    double slope = 0;
    for (String name : here.keySet()) {
      if (name.startsWith("d ")) {
        HostTensor g = here.get(name);
        v.put(name.substring(2), r.doubles(g.shape().size(), -1, 1).toArray());
        for (int i = 0; i < g.shape().size(); i++) {
          slope += g.get(i) * v.get(name.substring(2))[i];
        }
      }
    }
    double step = 1e-6;
    double up = moved(net, params, x, v, step);
    double down = moved(net, params, x, v, -step);
    assertThat((up - down) / (2 * step)).isCloseTo(slope, within(2e-5 * (1 + Math.abs(slope))));
  }

  private static double moved(
      Sequential net,
      Map<String, HostTensor> params,
      HostTensor x,
      Map<String, double[]> v,
      double step) {
    Map<String, HostTensor> there = new LinkedHashMap<>();
    params.forEach((name, t) -> there.put(name, moved(t, v.get(name), step)));
    return run(net, there, moved(x, v.get("x"), step), false).get("loss").get(0);
  }

  private static HostTensor moved(HostTensor t, double[] v, double step) {
    double[] out = t.doubles().clone();
    for (int i = 0; v != null && i < out.length; i++) {
      out[i] += step * v[i];
    }
    return HostTensor.of(t.shape(), out);
  }

  @ParameterizedTest
  @MethodSource("small")
  void modelsTogetherAreEachAlone(Sequential net) {
    HostTensor x = points(x(net, 1, DType.F32));
    Map<String, HostTensor> together = run(net, net.initial(keys(2)), twice(x), true);
    for (int m = 0; m < 2; m++) {
      Map<String, HostTensor> alone = run(net, net.initial(keys(2).subList(m, m + 1)), x, true);
      for (String name : alone.keySet()) {
        HostTensor a = alone.get(name);
        for (int i = 0; i < a.shape().size(); i++) {
          assertThat(together.get(name).get((int) (m * a.shape().size()) + i))
              .as("%s of model %d", name, m)
              .isEqualTo(a.get(i));
        }
      }
    }
  }

  @Test
  void everyDeviceGivesTheSame() {
    List<OnEveryDevice.Case> cases = new ArrayList<>();
    small()
        .forEach(
            net -> {
              HostTensor x = twice(points(x(net, 1, DType.F32)));
              Map<String, HostTensor> in = new LinkedHashMap<>(net.initial(keys(2)));
              in.put("x", x);
              cases.add(new OnEveryDevice.Case("net", program(net, x.type(), true), in));
            });
    OnEveryDevice.check(cases);
  }

  private static HostTensor twice(HostTensor x) {
    int n = x.floats().length;
    float[] both = new float[2 * n];
    System.arraycopy(x.floats(), 0, both, 0, n);
    System.arraycopy(x.floats(), 0, both, n, n);
    return HostTensor.of(x.shape().with(0, 2), both);
  }

  /** The spread of what a network starts with is that of its rule. */
  @Test
  void parametersStartAsTheirRulesSay() {
    HostTensor normal =
        new Parameter("w", Shape.of(200, 50), new Parameter.Normal(0.02)).initial(keys(2));
    double mean = 0;
    double square = 0;
    double fourth = 0;
    int n = 10_000;
    for (int i = 0; i < n; i++) {
      double v = normal.get(i) / 0.02;
      mean += v / n;
      square += v * v / n;
      fourth += v * v * v * v / n;
    }
    assertThat(mean).isCloseTo(0, within(0.03));
    assertThat(square).isCloseTo(1, within(0.05));
    assertThat(fourth).isCloseTo(3, within(0.3));
    assertThat(normal.get(0)).isNotEqualTo(normal.get(n));
    Map<String, HostTensor> start = ResNet18.of(CIFAR, 4, 10).initial(keys(1));
    assertThat(start.get("1.scale").get(3)).isEqualTo(1);
    assertThat(start.get("1.variance").get(3)).isEqualTo(1);
    assertThat(start.get("1.mean").get(3)).isZero();
    double bound = 1 / Math.sqrt(27);
    for (float w : start.get("0.weight").floats()) {
      assertThat(Math.abs(w)).isLessThanOrEqualTo((float) bound);
    }
  }

  @Test
  void refusesImagesThatDoNotFit() {
    assertThatThrownBy(() -> ConvNet.leNet(Shape.of(8, 8, 1), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("12 x 12 at least, got [8, 8, 1]");
    assertThatThrownBy(() -> new VisionTransformer(5, 8, 1, 2, 2, TokenPool.MEAN).of(MNIST, 10))
        .hasMessageContaining("divisible by 5");
    assertThatThrownBy(() -> new VisionTransformer(4, 8, 1, 3, 2, TokenPool.MEAN))
        .hasMessageContaining("multiple of heads");
    assertThatThrownBy(() -> ResNet18.of(Shape.of(64), 8, 10))
        .hasMessageContaining("needs an image");
  }
}
