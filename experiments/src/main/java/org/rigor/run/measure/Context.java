// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import org.rigor.data.DataSet;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialSink;
import org.rigor.workspace.Models;

/**
 * The inputs common to all measurements.
 *
 * @param others loads a data set that a measurement names
 * @param done told what share of the measurement is done, from 0 to 1
 */
public record Context(
    Models models,
    DataSet data,
    List<Trial> trials,
    List<TrialKey> keys,
    List<Gathered> gathered,
    Kept kept,
    TrialSink sink,
    Function<DataSpec, DataSet> others,
    DoubleConsumer done) {
  private static final Function<DataSpec, DataSet> NO_OTHERS =
      spec -> {
        throw new UnsupportedOperationException("a probe reads no other data set, got " + spec);
      };

  /** Creates a context for measurements that need only the networks' data. */
  public Context(
      Models models,
      DataSet data,
      List<Trial> trials,
      List<TrialKey> keys,
      List<Gathered> gathered,
      Kept kept,
      TrialSink sink) {
    this(models, data, trials, keys, gathered, kept, sink, NO_OTHERS, share -> {});
  }

  /** Creates a context for one measurement, which keeps nothing compiled. */
  public Context(
      Models models,
      DataSet data,
      List<Trial> trials,
      List<TrialKey> keys,
      List<Gathered> gathered,
      TrialSink sink) {
    this(models, data, trials, keys, gathered, Kept.nothing(), sink);
  }

  public Device device() {
    return models.device();
  }

  public Network network() {
    return models.network();
  }

  public Precision precision() {
    return trials.get(0).spec().precision();
  }
}
