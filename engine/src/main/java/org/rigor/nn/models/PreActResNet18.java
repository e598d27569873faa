// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import java.util.ArrayList;
import java.util.List;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Chain;
import org.rigor.nn.Dense;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.Layer;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.tensor.Shape;

/**
 * He et al. 2016, "Identity mappings in deep residual networks": {@link ResNet18} with batch norm
 * and activation before each convolution, and both again after the last block. If a block changes
 * the extents, its shortcut branches off after its first activation.
 */
public final class PreActResNet18 {
  private PreActResNet18() {}

  /**
   * @param input [H, W, C], 32x32x3 for CIFAR
   * @param width channels of the first stage, doubled by each later one; usually 64
   */
  public static Sequential of(Shape input, int width, int outputs) {
    List<Layer> layers = new ArrayList<>(List.of(ResNet18.conv3(width, 1)));
    int from = width;
    for (int stage = 0; stage < 4; stage++) {
      int to = width << stage;
      for (int block = 0; block < 2; block++) {
        layers.add(block(from, to, stage > 0 && block == 0 ? 2 : 1));
        from = to;
      }
    }
    layers.addAll(List.of(new BatchNorm(), Activation.RELU, new GlobalAveragePool()));
    layers.add(new Dense(outputs));
    return new Sequential(input, layers);
  }

  private static Layer block(int from, int to, int stride) {
    List<Layer> first = List.of(new BatchNorm(), Activation.RELU);
    List<Layer> rest =
        List.of(
            ResNet18.conv3(to, stride), new BatchNorm(), Activation.RELU, ResNet18.conv3(to, 1));
    if (stride == 1 && from == to) {
      List<Layer> path = new ArrayList<>(first);
      path.addAll(rest);
      return new Residual(path);
    }
    List<Layer> whole = new ArrayList<>(first);
    whole.add(new Residual(rest, List.of(ResNet18.conv1(to, stride))));
    return new Chain(whole);
  }
}
