// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.AveragePool2d;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Chain;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Dropout;
import org.rigor.nn.Flatten;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.GroupNorm;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TopK;
import org.rigor.nn.models.BlockStyle;
import org.rigor.nn.models.ConvNet;
import org.rigor.nn.models.LnMlp;
import org.rigor.nn.models.PreActResNet18;
import org.rigor.nn.models.ResNet18;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Exported networks compute what they did, by ONNX Runtime and by our own reader. */
class OnnxExportTest {
  private static final int BATCH = 3;
  private static final Shape IMAGE = Shape.of(6, 5, 4);

  static Stream<Arguments> networks() {
    List<Arguments> all = new ArrayList<>();
    for (Activation a : Activation.values()) {
      if (a != Activation.J_SQUARED_RELU) {
        all.add(Arguments.of(a.name(), Sequential.mlp(Shape.of(5), List.of(7), a, 3)));
      }
    }
    all.add(Arguments.of("flat", Sequential.mlp(IMAGE, List.of(6), Activation.RELU, 3)));
    all.add(
        Arguments.of(
            "conv", ConvNet.of(IMAGE, List.of(3, 5), 3, 2, List.of(6), Activation.RELU, true, 4)));
    Windows uneven = new Windows(3, 2, 2, 1, 1, 2, 1, 0, 0, 2);
    all.add(image("uneven windows, groups", new Conv2d(6, uneven, 2), new GroupNorm(3)));
    all.add(image("max pool", new MaxPool2d(Windows.of(2).padding(1)), new BatchNorm()));
    all.add(image("mean pool", new AveragePool2d(Windows.of(3).padding(1), true)));
    all.add(image("mean pool of taps", new AveragePool2d(Windows.of(3).padding(1), false)));
    all.add(
        Arguments.of(
            "global pool, dropout",
            new Sequential(
                IMAGE, List.of(new GlobalAveragePool(), new Dropout(0.5), new Dense(3)))));
    for (LayerNorm.Affine affine : LayerNorm.Affine.values()) {
      all.add(
          Arguments.of(
              "layer norm " + affine,
              new Sequential(
                  Shape.of(5), List.of(new Chain(new LayerNorm(1e-5, affine)), new Dense(3)))));
    }
    all.add(
        Arguments.of(
            "blocks", new LnMlp(8, 12, 2, BlockStyle.plain(Activation.GELU)).of(Shape.of(6), 3)));
    all.add(Arguments.of("ResNet-18", ResNet18.of(Shape.of(8, 8, 3), 4, 10)));
    all.add(Arguments.of("PreActResNet-18", PreActResNet18.of(Shape.of(8, 8, 3), 4, 10)));
    return all.stream();
  }

  private static Arguments image(String name, Layer... layers) {
    List<Layer> all = new ArrayList<>(List.of(layers));
    all.add(new Flatten());
    all.add(new Dense(3));
    return Arguments.of(name, new Sequential(IMAGE, all));
  }

  private static Map<String, HostTensor> params(Sequential net) {
    Random random = new Random(5);
    Map<String, HostTensor> all = new LinkedHashMap<>();
    for (Parameter p : net.parameters()) {
      double[] v = new double[Math.toIntExact(p.shape().size())];
      double fanIn = Math.max(1, v.length / (double) p.shape().dim(-1));
      boolean positive = p.name().endsWith("variance") || p.name().endsWith("scale");
      for (int i = 0; i < v.length; i++) {
        v[i] = positive ? 0.5 + random.nextDouble() : random.nextGaussian() / Math.sqrt(fanIn);
      }
      all.put(p.name(), HostTensor.of(p.shape(), v).toFloat());
    }
    return all;
  }

  private static float[] own(Sequential net, Map<String, HostTensor> params, HostTensor x) {
    Program.Builder b = Program.builder("own");
    Map<String, Value> p = net.declare(b, "param/", 1, DType.F32);
    Shape shape = x.shape().insert(0, 1);
    b.output("y", net.apply(p, b.input("x", new TensorType(DType.F32, shape))));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      params.forEach((n, v) -> e.input("param/" + n).write(v.reshape(v.shape().insert(0, 1))));
      e.input("x").write(x.reshape(shape));
      e.run();
      return e.output("y").read().floats();
    }
  }

  /** Moves the channels of images to the front. */
  private static HostTensor channelsFirst(HostTensor x) {
    int[] d = x.shape().dims();
    if (d.length != 4) {
      return x;
    }
    float[] out = new float[x.floats().length];
    int pixels = d[1] * d[2];
    for (int i = 0; i < out.length; i++) {
      int n = i / (pixels * d[3]);
      int at = i / d[3] % pixels;
      out[(n * d[3] + i % d[3]) * pixels + at] = x.floats()[i];
    }
    return HostTensor.of(Shape.of(d[0], d[3], d[1], d[2]), out);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void anExportedNetworkComputesTheSame(String name, Sequential net) throws OrtException {
    Map<String, HostTensor> params = params(net);
    OnnxModel model = OnnxExport.of(name, net, params);
    Shape shape = net.input().insert(0, BATCH);
    HostTensor x = HostTensor.of(shape, OnnxNetworkTest.random(Math.toIntExact(shape.size())));
    float[] expected = own(net, params, x);
    byte[] bytes = OnnxWriter.bytes(model);
    HostTensor first = channelsFirst(x);
    close(OnnxNetworkTest.runtime(bytes, first, "x"), expected);
    OnnxNetwork read = new OnnxNetwork(OnnxReader.read(bytes, "m.onnx"));
    close(OnnxNetworkTest.rigor(read, read.values(), first), expected);
  }

  private static void close(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    float size = 1;
    for (float e : expected) {
      size = Math.max(size, Math.abs(e));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("output %d", i).isCloseTo(expected[i], within(1e-5f * size));
    }
  }

  @Test
  void aLayerWithoutAFormIsNamed() {
    Sequential net = new Sequential(Shape.of(4), List.of(new Dense(6), new TopK(2), new Dense(3)));
    assertThatThrownBy(() -> OnnxExport.of("top", net, params(net)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("TopK")
        .hasMessageContaining("has no form in ONNX");
  }
}
