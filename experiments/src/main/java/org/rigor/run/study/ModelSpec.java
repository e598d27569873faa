// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** The network of a study. */
@Doc("Network architecture; input and output widths follow from the data.")
public sealed interface ModelSpec {
  String INIT_SCALE = "Multiplies the initial weights and biases that are drawn at random.";
  String DROPOUT = "Probability that a hidden unit of a dense layer is dropped in training.";

  private static void droppable(Optional<Double> dropout, List<Integer> hidden) {
    if (dropout.isPresent() && hidden.isEmpty()) {
      throw new IllegalArgumentException(
          "dropout: there is no hidden dense layer whose units could be dropped, got "
              + dropout.get());
    }
  }

  /** Returns what multiplies the initial weights; empty for 1. */
  default Optional<Double> initScale() {
    return Optional.empty();
  }

  /** An activation function. */
  enum Activation {
    RELU,
    LEAKY_RELU,
    TANH,
    SIGMOID,
    SOFTPLUS,
    GELU,
    J_SQUARED_RELU
  }

  /** What stands behind a layer norm of a block. */
  enum NormScale {
    FREE,
    RESTRICTED,
    NONE
  }

  /** Where a block has one more bias. */
  enum Zeroth {
    NONE,
    INPUT,
    OUTPUT
  }

  /** Hidden units of a residual perceptron. */
  enum Units {
    RELU,
    GELU,
    J_SQUARED_RELU,
    MIXED,
    TOP_K,
    FLAT_BAND
  }

  /** How the tokens of a vision transformer become one vector. */
  enum Pool {
    MEAN,
    FIRST
  }

  @Doc("Multilayer perceptron.")
  record Mlp(
      @Doc("Widths of the hidden layers, input side first.")
          @Length(max = 64)
          @Range(min = 1, max = 65_536)
          List<Integer> hidden,
      @Doc("Activation after each hidden layer.") @Default("relu") Activation activation,
      @Doc(DROPOUT) @Range(min = 0, max = 1, maxOpen = true) Optional<Double> dropout,
      @Doc(INIT_SCALE) @PerModel @Range(min = 0, max = 1e3) Optional<Double> initScale)
      implements ModelSpec {
    public Mlp {
      droppable(dropout, hidden);
    }
  }

  @Doc("Strided convolutions, then dense layers; needs images.")
  record Conv(
      @Doc("Channels of each convolution, input side first.")
          @Default("[16, 32]")
          @Length(min = 1, max = 64)
          @Range(min = 1, max = 65_536)
          List<Integer> channels,
      @Doc("Side of the kernels, odd; padded by half of it.")
          @Default("3")
          @Range(min = 1, max = 31)
          int kernel,
      @Doc("Stride of each convolution.") @Default("2") @Range(min = 1, max = 16) int stride,
      @Doc("Widths of the hidden dense layers.")
          @Default("[100]")
          @Length(max = 64)
          @Range(min = 1, max = 65_536)
          List<Integer> dense,
      @Doc("Activation after each hidden layer.") @Default("relu") Activation activation,
      @Doc("Batch norm behind each convolution.") @Default("false") boolean batchNorm,
      @Doc(DROPOUT) @Range(min = 0, max = 1, maxOpen = true) Optional<Double> dropout,
      @Doc(INIT_SCALE) @PerModel @Range(min = 0, max = 1e3) Optional<Double> initScale)
      implements ModelSpec {
    public Conv {
      if (kernel % 2 == 0) {
        throw new IllegalArgumentException("kernel: must be odd, got " + kernel);
      }
      droppable(dropout, dense);
    }
  }

  @Doc("LeNet-5 with ReLU and max pooling; needs images of 12 x 12 at least.")
  @TypeName("lenet")
  record LeNet() implements ModelSpec {}

  @Doc("ResNet-18 for small images, with batch norms; needs images.")
  record Resnet18(
      @Doc("Channels of the first stage, doubled by each later one.")
          @Default("64")
          @Range(min = 1, max = 4096)
          int width)
      implements ModelSpec {}

  @Doc("ResNet-18 with batch norm and activation in front of each convolution; needs images.")
  @TypeName("preact-resnet18")
  record PreActResnet18(
      @Doc("Channels of the first stage, doubled by each later one.")
          @Default("64")
          @Range(min = 1, max = 4096)
          int width)
      implements ModelSpec {}

  @Doc("Small Vision Transformer; needs images.")
  record Vit(
      @Doc("Side of a patch, a divisor of the image's sides.")
          @Default("4")
          @Range(min = 1, max = 1024)
          int patch,
      @Doc("Features of a token, a multiple of heads.")
          @Default("192")
          @Range(min = 1, max = 65_536)
          int dim,
      @Doc("Blocks.") @Default("6") @Range(min = 1, max = 256) int depth,
      @Doc("Heads of each attention.") @Default("3") @Range(min = 1, max = 1024) int heads,
      @Doc("Hidden features of a block's perceptron over dim.")
          @Default("4")
          @Range(min = 0, max = 64, minOpen = true)
          double mlpRatio,
      @Doc("Mean of all tokens, or the first, a class token.") @Default("first") Pool pool,
      @Doc("Activation of the perceptrons.") @Default("gelu") Activation activation,
      @Doc(NORM) @Default("free") NormScale norm,
      @Doc(ZEROTH) @Default("none") Zeroth zeroth,
      @Doc(NOISE) @Default("0") @Range(min = 0, max = 10) double noise)
      implements ModelSpec {
    public Vit {
      if (dim % heads != 0) {
        throw new IllegalArgumentException(
            "dim: must be a multiple of heads, got " + dim + " and " + heads);
      }
    }
  }

  @Doc(
      "Networks trained elsewhere, ONNX files of one architecture. Seed 0 is the first file in the"
          + " order of names. Goes without 'training'.")
  record Files(
      @Doc("One ONNX file, or a folder of them, relative to the data folder.")
          @Length(min = 1, max = 4096)
          String path,
      @Doc("Name of the output that ranks classes; the first if left out.") Optional<String> output)
      implements ModelSpec {}

  String NORM =
      "Scale of the layer norms in front of the perceptrons: free, with a shift; restricted, kept"
          + " at 1 at least and without shift; none.";
  String ZEROTH =
      "Place of a zeroth bias of the perceptrons, kept within a tenth of the norm's scale.";
  String NOISE =
      "Noise of the perceptrons' weights in training, over their root mean square; 0 for none.";

  @Doc(
      "Residual perceptron with layer norms: a dense layer, blocks of one hidden layer, a norm, a"
          + " dense layer.")
  record LnMlp(
      @Doc("Features between the blocks.") @Default("64") @Range(min = 2, max = 65_536) int width,
      @Doc("Hidden units of a block.") @Default("256") @Range(min = 1, max = 65_536) int hidden,
      @Doc("Blocks.") @Default("3") @Range(min = 1, max = 256) int depth,
      @Doc(
              "Hidden units: relu, gelu, j-squared-relu; mixed: relu that turns into"
                  + " j-squared-relu; top-k: relu of the largest; flat-band: zero slope around"
                  + " 'shift', where the value is 'lift'.")
          @Default("relu")
          Units units,
      @Doc(NORM) @Default("none") NormScale norm,
      @Doc(ZEROTH) @Default("none") Zeroth zeroth,
      @Doc(NOISE) @Default("0") @Range(min = 0, max = 10) double noise,
      @Doc("top-k: units that stay.") @Default("16") @Range(min = 1, max = 65_536) int keep,
      @Doc("flat-band: half width of the band.") @Default("1.5") @Range(min = 0, max = 1e6)
          double half,
      @Doc("flat-band: middle of the band.") @Default("0") @Range(min = -1e6, max = 1e6)
          double shift,
      @Doc("flat-band: value in the band.") @Default("0") @Range(min = -1e6, max = 1e6) double lift,
      @Doc("mixed: training steps with relu alone.") @Default("0") @Range(min = 0, max = 1e9)
          int mixFrom,
      @Doc("mixed: steps until it is j-squared-relu.") @Default("1") @Range(min = 1, max = 1e9)
          int mixOver)
      implements ModelSpec {
    public LnMlp {
      if (units == Units.TOP_K && keep > hidden) {
        throw new IllegalArgumentException(
            "keep: must be at most the %d hidden units, got %d".formatted(hidden, keep));
      }
    }
  }
}
