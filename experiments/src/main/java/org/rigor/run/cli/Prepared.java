// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.StudyInputs;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialSpec;
import org.rigor.run.yaml.SpecException;
import org.rigor.threat.Norm;

/**
 * A study with its data identified and its trials named.
 *
 * @param inputs its data sets and networks trained elsewhere
 * @param trials each trial once, in order
 * @param everyArm the same by arm: a trial that arms share appears under each of them
 */
record Prepared(StudyFile study, StudyInputs inputs, List<Trial> trials, List<Trial> everyArm) {
  static Prepared of(StudyFile study, StudyEngine engine) {
    StudyInputs inputs = new StudyInputs();
    List<Trial> everyArm = Expansion.everyArm(study, s -> inputs.identity(s, engine));
    List<Trial> trials = Expansion.distinct(everyArm);
    Set<String> problems = new LinkedHashSet<>();
    Set<List<Object>> checked = new HashSet<>();
    for (Trial t : trials) {
      TrialSpec s = t.spec();
      boolean files = s.model() instanceof ModelSpec.Files; // a file for each seed
      List<Object> seen =
          List.of(
              s.data(),
              s.model(),
              files ? s.seed() : 0,
              s.training().augment(),
              s.method(),
              s.measurements());
      List<Object> samples =
          List.of(
              s.training().samples(),
              s.training().heldOut(),
              s.training().labelNoise(),
              s.training().batchSize(),
              s.training().probe());
      if (checked.add(List.of(seen, samples))) {
        if (!(s.model() instanceof ModelSpec.Files)) {
          collect(problems, () -> batch(t, inputs.data().get(s.data())));
        }
        collect(problems, () -> engine.check(s));
      }
    }
    collect(problems, () -> norms(study.study().measurements()));
    if (!problems.isEmpty()) {
      throw new SpecException(problems.stream().map(study::problem).toList());
    }
    return new Prepared(study, inputs, trials, everyArm);
  }

  /** Returns the arms that share another arm's trials because they configure the same. */
  Map<String, String> sharing() {
    Map<String, String> first = new HashMap<>();
    trials.forEach(t -> first.put(t.id(), t.arm().label()));
    Map<String, String> out = new LinkedHashMap<>();
    for (Trial t : everyArm) {
      if (!first.get(t.id()).equals(t.arm().label())) {
        out.put(t.arm().label(), first.get(t.id()));
      }
    }
    return out;
  }

  /** Runs a check and collects its problems, so that the other checks still run. */
  private static void collect(Set<String> problems, Runnable check) {
    try {
      check.run();
    } catch (RunException e) {
      if (e.exit() != ExitCode.USAGE) {
        throw e;
      }
      problems.add(e.getMessage());
    }
  }

  private static void batch(Trial t, DataIdentity data) {
    int batch = t.spec().training().batchSize();
    if (batch > data.trainSamples()) {
      throw new RunException(
          ExitCode.USAGE,
          "training.batch-size: must be at most the number of training samples, %d of %s, got %d"
              .formatted(data.trainSamples(), data.name(), batch));
    }
  }

  /**
   * Requires equal norms: attacked and certified accuracy bracket the truth only in the same ball.
   */
  private static void norms(List<MeasurementSpec> measurements) {
    Set<Norm> norms = EnumSet.noneOf(Norm.class);
    for (MeasurementSpec m : measurements) {
      m.ball().ifPresent(norms::add);
    }
    if (norms.size() > 1) {
      throw new RunException(
          ExitCode.USAGE,
          "measurements: the curves of a study must share one norm, got linf and l2; make two"
              + " studies of it");
    }
  }
}
