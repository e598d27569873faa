// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.data.DataSet;
import org.rigor.data.Split;
import org.rigor.run.study.Precision;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class StudyDataTest {
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
}
