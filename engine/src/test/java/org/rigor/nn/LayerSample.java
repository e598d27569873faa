// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * One use of a layer.
 *
 * @param input extents that it takes
 * @param wrong extents that it must refuse; null if it takes all
 * @param interval whether interval bounds have rules for it
 * @param linear whether backward linear bounds do
 * @param slope whether the product bound does
 */
record LayerSample(
    Layer layer, Shape input, Shape wrong, boolean interval, boolean linear, boolean slope) {
  private static final int BATCH = 3;

  /** The samples; a layer that is missing here fails {@link LayerContractTest}. */
  static List<LayerSample> all() {
    return Stream.concat(
            Arrays.stream(Activation.values()).map(LayerSample::activation), layers().stream())
        .toList();
  }

  private static List<LayerSample> layers() {
    Shape image = Shape.of(4, 2, 6);
    Shape tokens = Shape.of(3, 4);
    Layer block = new Residual(List.of(new Dense(5), new BatchNorm(), Activation.TANH));
    Layer wide = new Residual(List.of(new Dense(7)), List.of(new Dense(7), new BatchNorm()));
    return List.of(
        known(new Dense(5), Shape.of(7), Shape.of(2, 3, 4)),
        known(new Dense(5), tokens, Shape.of(2, 3, 4)),
        known(new Flatten(), image, null),
        known(new Dropout(0.3), Shape.of(5), null),
        known(new BatchNorm(), Shape.of(5), Shape.of()),
        known(new BatchNorm(), image, Shape.of()),
        known(new Chain(new Dense(4), Activation.RELU, new Dense(3)), Shape.of(5), image),
        known(block, Shape.of(5), Shape.of(4)),
        known(wide, Shape.of(5), image),
        known(new Conv2d(4, Windows.of(3).padding(1).stride(2)), image, tokens),
        known(new Conv2d(6, Windows.of(2, 1), 3, false), image, Shape.of(4, 2, 4)),
        known(new MaxPool2d(Windows.of(2)), image, tokens),
        known(new AveragePool2d(Windows.of(2).padding(1), false), image, tokens),
        known(new GlobalAveragePool(), image, tokens),
        new LayerSample(new LayerNorm(), Shape.of(5), Shape.of(), true, true, true),
        new LayerSample(new LayerNorm(), tokens, Shape.of(), true, true, true),
        new LayerSample(new GroupNorm(2), image, Shape.of(4, 2, 5), true, true, true),
        new LayerSample(norm(LayerNorm.Affine.NONE), Shape.of(5), Shape.of(), true, true, true),
        new LayerSample(norm(LayerNorm.Affine.RESTRICTED), tokens, Shape.of(), true, true, true),
        known(new NoisyDense(5, 0.1), tokens, Shape.of(2, 3, 4)),
        new LayerSample(new TopK(2), Shape.of(5), Shape.of(1), false, false, false),
        new LayerSample(new TopK(40), Shape.of(50), Shape.of(1), false, false, false),
        new LayerSample(new MixedRelu(0, 1), tokens, null, true, true, false),
        new LayerSample(new FlatBand(0.1, 0.3, 0.5), Shape.of(5), null, true, true, false),
        block(MlpBlock.Zeroth.INPUT, LayerNorm.Affine.RESTRICTED, tokens),
        block(MlpBlock.Zeroth.OUTPUT, LayerNorm.Affine.NONE, Shape.of(5)),
        new LayerSample(new SelfAttention(2), tokens, Shape.of(3, 5), true, true, false),
        known(new Patches(2), image, Shape.of(4, 3, 6)),
        known(new ClassToken(), tokens, Shape.of(4)),
        known(new Positions(), tokens, Shape.of(4)),
        known(TokenPool.FIRST, tokens, image),
        known(TokenPool.MEAN, tokens, image));
  }

  private static LayerNorm norm(LayerNorm.Affine affine) {
    return new LayerNorm(1e-5, affine);
  }

  private static LayerSample block(MlpBlock.Zeroth zeroth, LayerNorm.Affine affine, Shape input) {
    MlpBlock b = new MlpBlock(7, Activation.RELU, norm(affine), zeroth, 0.1);
    return new LayerSample(b, input, Shape.of(2, 3, 4), true, true, true);
  }

  private static LayerSample known(Layer layer, Shape input, Shape wrong) {
    return new LayerSample(layer, input, wrong, true, true, true);
  }

  private static LayerSample activation(Activation a) {
    boolean steep = a == Activation.J_SQUARED_RELU;
    return new LayerSample(a, Shape.of(5), null, true, true, !steep);
  }

  @Override
  public String toString() {
    return layer + " on " + input;
  }

  /** The layer as a network with one axis of outputs. */
  Sequential network() {
    Layer flat = layer.output(input).rank() == 1 ? new Chain() : new Flatten();
    return new Sequential(input, List.of(layer, flat));
  }

  /** Parameters away from their starts: every one moves the output. */
  Map<String, HostTensor> parameters(int models, DType dtype) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    for (Parameter p : layer.parameters(input)) {
      out.put(p.name(), draw(p.type(models, dtype), p.name(), 0.5));
    }
    return out;
  }

  TensorType inputType(int models, DType dtype) {
    return new TensorType(dtype, input.insert(0, BATCH).insert(0, models));
  }

  HostTensor x(int models, DType dtype) {
    return draw(inputType(models, dtype), "x", 1);
  }

  /** Model m's numbers depend on m and the name alone; positive where a variance is meant. */
  static HostTensor draw(TensorType type, String name, double scale) {
    int models = type.shape().models();
    int n = Math.toIntExact(type.shape().size() / models);
    double[] values = new double[n * models];
    for (int i = 0; i < values.length; i++) {
      int m = i / n;
      Random r = new Random(31L * name.hashCode() + 1_000_003L * m + 7919L * (i % n));
      double v = (float) (scale * r.nextGaussian());
      values[i] = name.endsWith("variance") ? Math.abs(v) + 0.25 : v;
    }
    HostTensor t = HostTensor.of(type.shape(), values);
    return type.dtype() == DType.F32 ? t.toFloat() : t;
  }

  /** Declares the parameters, named as they are. */
  Map<String, Value> declare(Program.Builder b, int models, DType dtype) {
    Map<String, Value> p = new LinkedHashMap<>();
    for (Parameter q : layer.parameters(input)) {
      p.put(q.name(), b.input(q.name(), q.type(models, dtype)));
    }
    return p;
  }
}
