// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.Map;
import org.rigor.diff.Kind;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.PluginMeasurement;
import org.rigor.run.study.Quantity;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.KeySpec;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/** The measurement of a plugin, whose results are checked against its declaration. */
record AddedMeasurement(PluginMeasurement spec) implements Measurement {
  private record View(Models models, HostTensor samples, int[] labels, List<Long> seeds)
      implements PluginMeasurement.Trained {}

  @Override
  public void run(Context c) {
    int[] test = c.data().split().test();
    HostTensor inputs = StudyData.inputs(c.data(), test, c.precision());
    HostTensor samples = inputs.reshape(inputs.shape().insert(0, 1));
    List<Long> seeds = c.trials().stream().map(t -> t.spec().seed()).toList();
    Map<String, double[]> values =
        spec.measure(new View(c.models(), samples, c.data().labels(test), seeds));
    String type = KeySpec.typeOf(spec);
    for (Quantity q : spec.gives()) {
      double[] v = values.get(q.name());
      if (v == null || v.length != seeds.size()) {
        throw new RunException(
            ExitCode.FAILED,
            "measurement %s declares '%s' and gives %s of it for %d models"
                .formatted(type, q.name(), v == null ? "nothing" : v.length, seeds.size()));
      }
      for (int m = 0; m < v.length; m++) {
        c.gathered().get(m).scalars.put(q.name(), new Scalar(v[m], Kind.ESTIMATE, type));
      }
    }
  }
}
