// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.run.yaml.Added;
import org.rigor.run.yaml.Listed;
import org.rigor.tensor.HostTensor;

/**
 * A measurement that a plugin adds. Its numbers count as estimates; they are named, claimed and
 * drawn as those of every other measurement.
 */
@Listed(PluginMeasurement.Records.class)
public non-sealed interface PluginMeasurement extends MeasurementSpec {

  /**
   * Measures models of one architecture together.
   *
   * @return for each name in {@link #gives} one number per model, never NaN
   */
  Map<String, double[]> measure(Models models);

  /** The measurements of plugins, for the binder. */
  final class Records implements Listed.Source {
    @Override
    public List<Class<? extends PluginMeasurement>> records() {
      return Added.to(PluginMeasurement.class);
    }
  }

  /** Trained models and what they are measured on. */
  interface Models {
    /** Returns the device, which stays open. */
    Device device();

    /** Returns the network that all share. */
    Network network();

    /** Returns the parameters by name, the models along axis 0: [M, ...]. */
    Map<String, HostTensor> parameters();

    /**
     * Returns the test samples, shared by all models, in the precision of the study: [1, N,
     * features], of images [1, N, H, W, C].
     */
    HostTensor samples();

    /** Returns the class of each sample, [N]. */
    int[] labels();

    /** Returns the seed of each model, [M]. */
    List<Long> seeds();
  }
}
