// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Map;
import org.rigor.run.yaml.Added;
import org.rigor.run.yaml.Listed;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * A measurement added by a plugin. Its numbers count as estimates; naming, claims and figures work
 * as for every other measurement.
 */
@Listed(PluginMeasurement.Records.class)
public non-sealed interface PluginMeasurement extends MeasurementSpec {

  /**
   * Measures models of one architecture together.
   *
   * @return one number per model, never NaN, for each name in {@link #gives}
   */
  Map<String, double[]> measure(Trained trained);

  /** The measurements of plugins, for the binder. */
  final class Records implements Listed.Source {
    @Override
    public List<Class<? extends PluginMeasurement>> records() {
      return Added.to(PluginMeasurement.class);
    }
  }

  /** Trained models and the samples they are measured on. */
  interface Trained {
    /**
     * Returns the models on their device; the caller must close neither. {@link Models#host} gives
     * their parameters by name, [M, ...].
     */
    Models models();

    /**
     * Returns the test samples, shared by all models, in the precision of the study: [1, N,
     * features], or [1, N, H, W, C] for images.
     */
    HostTensor samples();

    /** Returns the class of each sample, [N]. */
    int[] labels();

    /** Returns the seed of each model, [M]. */
    List<Long> seeds();
  }
}
