// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.data.Box;
import org.rigor.data.DataSet;
import org.rigor.data.Split;
import org.rigor.io.DataException;
import org.rigor.io.Npz;
import org.rigor.run.RunException;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.Precision;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class StudyDataTest {
  @TempDir Path folder;

  @Test
  void aStudyInDoubleSeesTheNumbersAsTheyAre() {
    DataSet d =
        DataSet.of(
            "doubles",
            HostTensor.of(Shape.of(3, 1), 0.1, 0.2, 0.3),
            new int[] {0, 1, 0},
            2,
            Box.UNIT,
            Split.at(2, 3),
            List.of(),
            "none");
    int[] part = {2, 0};
    HostTensor wide = StudyData.inputs(d, part, Precision.F64);
    assertThat(wide.dtype()).isEqualTo(DType.F64);
    assertThat(wide.doubles()).containsExactly(0.3, 0.1);
    assertThat(StudyData.inputs(d, part, Precision.F32).floats()).containsExactly(0.3f, 0.1f);
  }

  private DataSet npz(HostTensor x, DataSpec.Npz spec) {
    int n = x.shape().dim(0);
    int[] y = new int[n];
    Arrays.setAll(y, i -> i % 2);
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", x);
    arrays.put("y", HostTensor.of(Shape.of(n), y));
    Npz.write(folder.resolve("d.npz"), arrays, false);
    return new StudyData(Optional.of(folder)).load(spec);
  }

  private static DataSpec.Npz spec(
      Optional<Double> low, Optional<Double> high, Optional<DataSpec.NoBox> box) {
    return new DataSpec.Npz(
        "d.npz",
        Optional.empty(),
        new DataSpec.Bounds(low, high, box),
        new DataSpec.HeldOut(0.5, 0));
  }

  @Test
  void anNpzHasABoxOfItsOwnOrNone() {
    HostTensor x = HostTensor.of(Shape.of(4, 1), -2f, 1f, 0.5f, 2f);
    DataSpec.Npz unit = spec(Optional.empty(), Optional.empty(), Optional.empty());
    assertThatThrownBy(() -> npz(x, unit))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("'low' and 'high' or 'box: none' in a study, --box for a command");
    assertThat(npz(x, spec(Optional.of(-2.0), Optional.of(2.0), Optional.empty())).box())
        .isEqualTo(new Box(-2, 2));
    assertThat(
            npz(x, spec(Optional.empty(), Optional.empty(), Optional.of(DataSpec.NoBox.NONE)))
                .box())
        .isEqualTo(Box.NONE);
    assertThatThrownBy(
            () -> spec(Optional.of(0.0), Optional.empty(), Optional.of(DataSpec.NoBox.NONE)))
        .hasMessageContaining("must be left out where low or high is given");
    assertThatThrownBy(() -> spec(Optional.of(1.0), Optional.empty(), Optional.empty()))
        .hasMessageContaining("must be below high, got 1.0 and 1.0");
  }

  @Test
  void channelsThatSeemToComeFirstAreTold() {
    HostTensor x = HostTensor.of(Shape.of(4, 3, 8, 8), new float[4 * 192]);
    DataSet d = npz(x, spec(Optional.empty(), Optional.empty(), Optional.empty()));
    assertThat(d.notes()).anyMatch(n -> n.contains("channels seem to come first"));
    assertThatThrownBy(() -> Architectures.of(new ModelSpec.LeNet(), d))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("LeNet needs images")
        .hasMessageContaining("a study takes images as [N, height, width, channels]");
    HostTensor last = HostTensor.of(Shape.of(4, 8, 8, 3), new float[4 * 192]);
    assertThat(npz(last, spec(Optional.empty(), Optional.empty(), Optional.empty())).notes())
        .noneMatch(n -> n.contains("first"));
  }

  @Test
  void labelsOfOneClassAreRefused() {
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(Shape.of(3, 1), 0f, 1f, 0.5f));
    arrays.put("y", HostTensor.of(Shape.of(3), 1, 1, 1));
    Npz.write(folder.resolve("d.npz"), arrays, false);
    DataSpec.Npz unit = spec(Optional.empty(), Optional.empty(), Optional.empty());
    assertThatThrownBy(() -> new StudyData(Optional.of(folder)).load(unit))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("2 classes at least, all 3 labels are 1");
  }
}
