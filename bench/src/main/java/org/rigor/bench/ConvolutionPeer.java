// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.List;

/**
 * A library that trains a small convolutional network with softmax cross-entropy and plain SGD;
 * found by ServiceLoader. Each library configures its own threads, fixed when the JVM starts.
 */
public interface ConvolutionPeer {
  /** Returns name and threads. */
  String name();

  /** Starts training from the given parameters. */
  TrainingPeer.Training start(Work work);

  /**
   * The training problem: 3 x 3 convolutions at stride 2 with padding 1, each with bias and ReLU,
   * then a dense layer on the remaining image, rows before columns before channels.
   *
   * @param side extent of the square one-channel images
   * @param channels of each convolution
   * @param classes number of outputs
   * @param images batch x side x side numbers in [0, 1]
   * @param labels one class per image
   * @param rate learning rate
   * @param kernels of each convolution, [3, 3, channels before, channels]
   * @param dense [remaining numbers, classes]
   */
  record Work(
      int side,
      int[] channels,
      int classes,
      float[] images,
      int[] labels,
      float rate,
      List<float[]> kernels,
      float[] dense) {
    /** Returns the number of images per step. */
    public int batch() {
      return labels.length;
    }

    /** Returns the extent of the image after all convolutions. */
    public int left() {
      int n = side;
      for (int i = 0; i < channels.length; i++) {
        n = (n + 1) / 2;
      }
      return n;
    }
  }
}
