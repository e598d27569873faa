// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import java.util.Optional;
import org.rigor.data.DataSet;
import org.rigor.nn.Activation;
import org.rigor.nn.Dropout;
import org.rigor.nn.FlatBand;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MixedRelu;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TokenPool;
import org.rigor.nn.TopK;
import org.rigor.nn.models.BlockStyle;
import org.rigor.nn.models.ConvNet;
import org.rigor.nn.models.LnMlp;
import org.rigor.nn.models.PreActResNet18;
import org.rigor.nn.models.ResNet18;
import org.rigor.nn.models.VisionTransformer;
import org.rigor.run.ByType;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.ModelSpec;
import org.rigor.tensor.Shape;

/** The table of architectures, by kind of model in a study's file. */
public final class Architectures {
  static final String CHANNELS_FIRST =
      "channels seem to come first, a study takes images as [N, height, width, channels]:"
          + " x.transpose(0, 2, 3, 1) in NumPy";

  /** Builds a network for samples of one shape. */
  private interface Builder {
    /**
     * @throws IllegalArgumentException if samples do not have the shape that the architecture needs
     */
    Network build(Shape input, int classes);
  }

  private static final ByType<ModelSpec, Builder> BUILDERS =
      ByType.<ModelSpec, Builder>of(ModelSpec.class)
          .put(
              ModelSpec.Mlp.class,
              m ->
                  (x, k) ->
                      dropout(
                          Sequential.mlp(x, m.hidden(), activation(m.activation()), k),
                          m.dropout()))
          .put(
              ModelSpec.LnMlp.class,
              m -> {
                BlockStyle style = style(units(m), m.norm(), m.zeroth(), m.noise());
                return new LnMlp(m.width(), m.hidden(), m.depth(), style)::of;
              })
          .put(ModelSpec.Conv.class, c -> (x, k) -> conv(c, image(x), k))
          .put(
              ModelSpec.Files.class,
              f -> {
                throw new IllegalStateException("networks from files have no builder");
              })
          .put(ModelSpec.LeNet.class, l -> (x, k) -> ConvNet.leNet(image(x), k))
          .put(ModelSpec.Resnet18.class, r -> (x, k) -> ResNet18.of(image(x), r.width(), k))
          .put(
              ModelSpec.PreActResnet18.class,
              r -> (x, k) -> PreActResNet18.of(image(x), r.width(), k))
          .put(ModelSpec.Vit.class, v -> (x, k) -> transformer(v).of(image(x), k))
          .complete();

  private Architectures() {}

  /**
   * Returns the network of a study for its data.
   *
   * @throws RunException with exit code 2 if the data does not have the shape that the architecture
   *     needs
   */
  public static Network of(ModelSpec spec, DataSet data) {
    Shape input = data.sampleShape();
    try {
      return BUILDERS.apply(spec).build(input, data.classes());
    } catch (IllegalArgumentException e) {
      throw new RunException(
          ExitCode.USAGE,
          "model: the data '"
              + data.name()
              + "' of samples "
              + input
              + " does not fit: "
              + e.getMessage()
              + (channelsSeemFirst(input) ? "; " + CHANNELS_FIRST : ""));
    }
  }

  /** Returns whether [C, H, W] fits a sample better than [H, W, C]. */
  static boolean channelsSeemFirst(Shape sample) {
    return sample.rank() == 3
        && (sample.dim(0) == 1 || sample.dim(0) == 3)
        && sample.dim(2) != 1
        && sample.dim(2) != 3
        && sample.dim(1) > 3;
  }

  private static Network conv(ModelSpec.Conv c, Shape image, int classes) {
    Sequential network =
        ConvNet.of(
            image,
            c.channels(),
            c.kernel(),
            c.stride(),
            c.dense(),
            activation(c.activation()),
            c.batchNorm(),
            classes);
    return dropout(network, c.dropout());
  }

  private static VisionTransformer transformer(ModelSpec.Vit v) {
    TokenPool pool = TokenPool.valueOf(v.pool().name());
    BlockStyle style = style(activation(v.activation()), v.norm(), v.zeroth(), v.noise());
    return new VisionTransformer(
        v.patch(), v.dim(), v.depth(), v.heads(), v.mlpRatio(), pool, style);
  }

  private static BlockStyle style(
      Layer activation, ModelSpec.NormScale norm, ModelSpec.Zeroth zeroth, double noise) {
    return new BlockStyle(
        activation,
        LayerNorm.Affine.valueOf(norm.name()),
        MlpBlock.Zeroth.valueOf(zeroth.name()),
        noise);
  }

  private static Layer units(ModelSpec.LnMlp m) {
    return switch (m.units()) {
      case RELU -> Activation.RELU;
      case GELU -> Activation.GELU;
      case J_SQUARED_RELU -> Activation.J_SQUARED_RELU;
      case MIXED -> new MixedRelu(m.mixFrom(), m.mixOver());
      case TOP_K -> new TopK(m.keep());
      case FLAT_BAND -> new FlatBand(m.half(), m.shift(), m.lift());
    };
  }

  private static Network dropout(Sequential network, Optional<Double> rate) {
    return rate.isEmpty() ? network : Dropout.behindDense(network, rate.get());
  }

  private static Shape image(Shape sample) {
    if (sample.rank() != 3) {
      throw new IllegalArgumentException("it takes images [height, width, channels]");
    }
    return sample;
  }

  private static Activation activation(ModelSpec.Activation a) {
    return Activation.valueOf(a.name());
  }
}
