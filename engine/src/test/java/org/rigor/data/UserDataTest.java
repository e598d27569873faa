// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.DataException;
import org.rigor.io.Idx;
import org.rigor.io.Npy;
import org.rigor.io.Npz;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class UserDataTest {
  @TempDir Path folder;

  private DataSet npz(HostTensor x, HostTensor y, Box box, int classes) {
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", x);
    arrays.put("y", y);
    Path file = folder.resolve("d.npz");
    Npz.write(file, arrays, true);
    return UserData.npz(file, box, classes);
  }

  private static final HostTensor X = HostTensor.of(Shape.of(2, 2), 0, 0.5, 1, 0.25);

  @Test
  void readsAnNpz() {
    DataSet d = npz(X, HostTensor.of(Shape.of(2), 0, 1), Box.UNIT, 10);
    assertThat(d.inputs().dtype()).isEqualTo(DType.F64);
    assertThat(d.inputs().bitEquals(X)).isTrue();
    assertThat(d.labels()).containsExactly(0, 1);
    assertThat(d.classes()).isEqualTo(10);
    assertThat(d.split().train()).isEmpty();
    assertThat(d.split().test()).containsExactly(0, 1);
    assertThat(d.sources()).hasSize(1);
    assertThat(d.sources().get(0).sha256()).hasSize(64);
  }

  @Test
  void takesTheNumberOfClassesFromTheLabelsIfThereIsNoNetwork() {
    assertThat(npz(X, HostTensor.of(Shape.of(2, 1), 0, 4), Box.UNIT, 0).classes()).isEqualTo(5);
    assertThat(npz(X, HostTensor.of(Shape.of(2), 0.0, 0.0), Box.UNIT, 0).classes()).isEqualTo(2);
  }

  @Test
  void readsPairs() {
    Path x = folder.resolve("x.npy");
    Path y = folder.resolve("y.npy");
    Npy.write(x, X);
    Npy.write(y, HostTensor.of(Shape.of(2), 1, 0));
    assertThat(UserData.pair(x, y, Box.UNIT, 2).labels()).containsExactly(1, 0);

    Path images = folder.resolve("images-idx");
    Path labels = folder.resolve("labels-idx");
    Idx.writeBytes(images, HostTensor.of(Shape.of(2, 1, 1), 0, 255));
    Idx.writeBytes(labels, HostTensor.of(Shape.of(2), 7, 2));
    DataSet d = UserData.pair(images, labels, Box.UNIT, 10);
    assertThat(d.inputs().floats()).containsExactly(0, 1);
    assertThat(d.labels()).containsExactly(7, 2);
  }

  @Test
  void refusesWhatDoesNotFit() {
    HostTensor y = HostTensor.of(Shape.of(2), 0, 1);
    refused(X, HostTensor.of(Shape.of(3), 0, 1, 0), "so y must be [2], got [3]");
    refused(X, HostTensor.of(Shape.of(2), 0, 10), "in 0..9, y[1] is 10");
    refused(X, HostTensor.of(Shape.of(2), -1, 1), "y[0] is -1");
    refused(X, HostTensor.of(Shape.of(2), 0, Double.NaN), "y[1] is NaN");
    refused(X, HostTensor.of(Shape.of(2), 0, 0.5), "y[1] is 0.5");
    refused(X, HostTensor.of(Shape.of(2), 0, Double.POSITIVE_INFINITY), "y[1] is");
    refused(HostTensor.of(Shape.of(2), 0f, 1f), y, "x must be [N, ...]");
    refused(HostTensor.of(Shape.of(2, 1), 0f, Float.NaN), y, "must be finite");
    refused(HostTensor.of(Shape.of(2, 1), 0f, 2f), y, "box [0.0, 1.0]");
    refused(HostTensor.of(Shape.of(2, 1), 0, 200), y, "divide x by 255");
    assertThatThrownBy(() -> npz(HostTensor.of(Shape.of(2, 1), 0, (1 << 24) + 1), y, Box.NONE, 2))
        .hasMessageContaining("16777217, which is not exact in float");
  }

  private void refused(HostTensor x, HostTensor y, String reason) {
    assertThatThrownBy(() -> npz(x, y, Box.UNIT, 10))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("d.npz")
        .hasMessageContaining(reason);
  }
}
