// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import java.util.ArrayList;
import java.util.List;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/** Plain convolutional networks: strided convolutions, then dense layers. */
public final class ConvNet {
  private ConvNet() {}

  /**
   * @param input [H, W, C]
   * @param channels of each convolution, input side first
   * @param kernel odd; padded so that stride 1 keeps the image size
   * @param stride of every convolution
   * @param dense widths of the hidden dense layers
   * @param batchNorm adds a batch norm after each convolution, which then has no bias
   */
  public static Sequential of(
      Shape input,
      List<Integer> channels,
      int kernel,
      int stride,
      List<Integer> dense,
      Activation activation,
      boolean batchNorm,
      int outputs) {
    if (kernel % 2 == 0) {
      throw new IllegalArgumentException("conv net: kernel must be odd, got " + kernel);
    }
    Windows windows = Windows.of(kernel).stride(stride).padding(kernel / 2);
    List<Layer> layers = new ArrayList<>();
    for (int c : channels) {
      layers.add(new Conv2d(c, windows, 1, !batchNorm));
      if (batchNorm) {
        layers.add(new BatchNorm());
      }
      layers.add(activation);
    }
    layers.add(new Flatten());
    for (int width : dense) {
      layers.add(new Dense(width));
      layers.add(activation);
    }
    layers.add(new Dense(outputs));
    return new Sequential(input, layers);
  }

  /**
   * Builds a network with 3x3 kernels at stride 2. On 28x28x1 with channels 16, 32 and one hidden
   * layer of 100 it is the small network of certified training (Wong and Kolter 2018) with smaller
   * kernels.
   */
  public static Sequential of(
      Shape input,
      List<Integer> channels,
      List<Integer> dense,
      Activation activation,
      int outputs) {
    return of(input, channels, 3, 2, dense, activation, false, outputs);
  }

  /**
   * Builds LeNet-5 (LeCun et al. 1998, figure 2) with ReLU and max pooling: 5x5 convolutions of 6
   * and 16 channels, dense layers of 120 and 84. An image of 28x28 is padded to the original 32x32.
   */
  public static Sequential leNet(Shape input, int outputs) {
    if (input.rank() != 3 || input.dim(0) < 12 || input.dim(1) < 12) {
      throw new IllegalArgumentException("LeNet needs images of 12 x 12 at least, got " + input);
    }
    int padding = input.dim(0) < 32 ? 2 : 0;
    Windows halves = Windows.of(2).stride(2);
    return new Sequential(
        input,
        List.of(
            new Conv2d(6, Windows.of(5).padding(padding)),
            Activation.RELU,
            new MaxPool2d(halves),
            new Conv2d(16, Windows.of(5)),
            Activation.RELU,
            new MaxPool2d(halves),
            new Flatten(),
            new Dense(120),
            Activation.RELU,
            new Dense(84),
            Activation.RELU,
            new Dense(outputs)));
  }
}
