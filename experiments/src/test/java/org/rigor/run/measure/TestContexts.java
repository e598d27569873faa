// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.data.DataSet;
import org.rigor.io.AtomicFile;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.Study;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Arm;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;
import org.rigor.run.trial.TrialSpec;
import org.rigor.workspace.Models;

/** What a measurement is given, for networks that no study trained. Files go nowhere. */
final class TestContexts {
  private static final String STUDY =
      """
      name: test
      data: {type: digits}
      model: {type: mlp, hidden: [4], activation: relu}
      training:
        epochs: 1
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}]
      measurements: [{type: lipschitz}]
      sweep: {seeds: 1}
      """;

  private TestContexts() {}

  /** A context of as many trials as there are keys, with seeds 0, 1, .... */
  static Context of(
      Models networks,
      DataSet data,
      List<TrialKey> keys,
      List<Gathered> gathered,
      String... overrides) {
    Study study = study(List.of(overrides));
    List<Trial> trials = new ArrayList<>();
    for (int m = 0; m < keys.size(); m++) {
      TrialSpec spec = TrialSpec.of(study, study.training().methods().get(0), m);
      trials.add(new Trial("trial-" + m, "model-" + m, new Arm("standard", Map.of()), spec));
    }
    return new Context(networks, data, trials, keys, gathered, new Nowhere());
  }

  private static Study study(List<String> overrides) {
    try {
      Path file = Files.createTempFile("study", ".yaml");
      Files.writeString(file, STUDY);
      Study study = StudyFile.read(file, overrides).study();
      Files.delete(file);
      return study;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Nowhere implements TrialSink {
    @Override
    public void completed(TrialResult result) {}

    @Override
    public void metric(String trialId, String phase, long step, Map<String, Double> values) {}

    @Override
    public void metricsRestart(Set<String> trialIds, long after) {}

    @Override
    public void file(String path, AtomicFile.Content content) {}

    @Override
    public Path existing(String path) {
      return null;
    }

    @Override
    public void damaged(String path, String why) {
      throw new AssertionError(path + ": " + why);
    }

    @Override
    public void discard(String path) {}
  }
}
