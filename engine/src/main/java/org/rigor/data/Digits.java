// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.io.InputStream;
import java.util.List;
import org.rigor.io.Idx;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * UCI optical recognition of handwritten digits: the 1,797 8x8 images of its test part, embedded.
 * Values 0..16 become sixteenths, which are exact in float. Inputs [1797, 8, 8, 1] in [0, 1], 10
 * classes.
 *
 * <p>The split is fixed: 1,347 train, 450 test, stratified with seed 0 ({@link Split#stratified}).
 * The writers are not recorded, so a writer may appear in both parts.
 */
public record Digits() implements DataSource {
  private static final int TEST = 450;
  private static final int CLASSES = 10;

  @Override
  public DataSet load(DataRoots roots) {
    int[] bytes = resource("digits-images-idx3-ubyte.gz").ints();
    int[] labels = resource("digits-labels-idx1-ubyte.gz").ints();
    float[] x = new float[bytes.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = bytes[i] / 16f;
    }
    return DataSet.of(
        "digits",
        HostTensor.of(Shape.of(labels.length, 8, 8, 1), x),
        labels,
        CLASSES,
        Box.UNIT,
        Split.stratified(labels, CLASSES, TEST, 0),
        List.of(),
        "UCI Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak), CC BY 4.0;"
            + " scikit-learn's copy, BSD-3-Clause");
  }

  private static HostTensor resource(String name) {
    InputStream in = Digits.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("the resource " + name + " is missing from the jar");
    }
    return Idx.read(in, name);
  }
}
