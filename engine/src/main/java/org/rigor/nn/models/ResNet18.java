// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import java.util.ArrayList;
import java.util.List;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.Layer;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/**
 * He et al. 2016, ResNet-18 for small images: a 3x3 convolution replaces the 7x7 one and its
 * pooling, then four stages of two blocks, each but the first halving the image.
 */
public final class ResNet18 {
  private ResNet18() {}

  /**
   * @param input [H, W, C], 32x32x3 for CIFAR
   * @param width channels of the first stage, doubled by each later one; 64 as published
   */
  public static Sequential of(Shape input, int width, int outputs) {
    List<Layer> layers = new ArrayList<>(List.of(conv3(width, 1), new BatchNorm()));
    layers.add(Activation.RELU);
    int from = width;
    for (int stage = 0; stage < 4; stage++) {
      int to = width << stage;
      for (int block = 0; block < 2; block++) {
        layers.add(block(from, to, stage > 0 && block == 0 ? 2 : 1));
        layers.add(Activation.RELU);
        from = to;
      }
    }
    layers.add(new GlobalAveragePool());
    layers.add(new Dense(outputs));
    return new Sequential(input, layers);
  }

  /** Builds a block without the activation after the sum. */
  private static Layer block(int from, int to, int stride) {
    List<Layer> path =
        List.of(conv3(to, stride), new BatchNorm(), Activation.RELU, conv3(to, 1), new BatchNorm());
    boolean same = stride == 1 && from == to;
    return new Residual(path, same ? List.of() : List.of(conv1(to, stride), new BatchNorm()));
  }

  static Layer conv3(int outputs, int stride) {
    return new Conv2d(outputs, Windows.of(3).padding(1).stride(stride), 1, false);
  }

  static Layer conv1(int outputs, int stride) {
    return new Conv2d(outputs, Windows.of(1).stride(stride), 1, false);
  }
}
