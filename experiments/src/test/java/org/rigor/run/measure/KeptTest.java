// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.io.AtomicFile;
import org.rigor.ir.Program;
import org.rigor.run.engine.EnginePackRunner;
import org.rigor.run.setup.StudyData;
import org.rigor.run.setup.StudyNetworks;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;

/** What a pack's measurements compile. */
class KeptTest {
  private static final String STUDY =
      """
      name: kept
      data: {type: digits, test-share: 0.9}
      model: {type: mlp, hidden: [6]}
      training:
        epochs: 3
        batch-size: 60
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}]
        probe:
          every: 1
          splits: [test]
          measurements: [%1$s]
      measurements: [%1$s]
      sweep: {seeds: 2}
      """
          .formatted(
              "{type: pgd-curve, epsilons: [0, 0.1], steps: 2, restarts: 1, samples: 5},"
                  + " {type: lipschitz, samples: 5}");

  @TempDir Path folder;

  /** The CPU, with every program compiled on it counted by name. */
  private static Device counted(Device device, Map<String, Integer> compiled) {
    return (Device)
        Proxy.newProxyInstance(
            KeptTest.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("compile")) {
                compiled.merge(((Program) arguments[0]).name(), 1, Integer::sum);
              }
              try {
                return method.invoke(device, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Four probes and the measurement at the end: one attack and one Jacobian are compiled. */
  @Test
  void aPackCompilesItsMeasurementsOnce() throws Exception {
    Path file = Files.writeString(folder.resolve("kept.yaml"), STUDY);
    List<Pack> packs =
        Pack.group(
            Expansion.trials(
                StudyFile.read(file, List.of()), d -> new Identity("digits", "cpu", 1)));
    Map<String, Integer> compiled = new TreeMap<>();
    Results sink = new Results();
    try (Device cpu = Device.open("cpu")) {
      new EnginePackRunner(
              counted(cpu, compiled),
              new StudyData(Optional.empty()),
              new StudyNetworks(Optional.empty()),
              1)
          .run(packs.get(0), sink, new Silent(), new Cancellation());
    }
    assertThat(sink.results).hasSize(2);
    assertThat(compiled)
        .containsEntry("jacobian-norms", 1)
        .containsEntry("attack-turn", 1)
        .containsEntry("attack-step", 1);
  }

  /** Predictions are no measurement of their own; what is kept makes room for them too. */
  @Test
  void whatIsKeptMakesRoomForPredictions() throws Exception {
    Path file = Files.writeString(folder.resolve("kept.yaml"), STUDY);
    List<Pack> packs =
        Pack.group(
            Expansion.trials(
                StudyFile.read(file, List.of()), d -> new Identity("digits", "cpu", 1)));
    Map<String, Integer> full =
        new TreeMap<>() {
          private static final long serialVersionUID = 1;

          @Override
          public Integer merge(
              String name,
              Integer one,
              BiFunction<? super Integer, ? super Integer, ? extends Integer> f) {
            int before = getOrDefault("jacobian-norms", 0);
            if (name.equals("predict") && before > getOrDefault("refused", 0)) {
              put("refused", before); // until it is compiled again
              throw new DeviceException("full", null, true);
            }
            return super.merge(name, one, f);
          }
        };
    Results sink = new Results();
    try (Device cpu = Device.open("cpu")) {
      new EnginePackRunner(
              counted(cpu, full),
              new StudyData(Optional.empty()),
              new StudyNetworks(Optional.empty()),
              1)
          .run(packs.get(0), sink, new Silent(), new Cancellation());
    }
    assertThat(sink.results).hasSize(2);
    assertThat(full).containsEntry("refused", 4).containsEntry("jacobian-norms", 5);
  }

  @Test
  void anotherNumberOfModelsIsCompiledAgain() {
    List<String> log = new ArrayList<>();
    try (Kept kept = new Kept()) {
      for (int models : new int[] {64, 64, 3, 3}) {
        kept.with("attack", models, () -> resource(log, models), r -> log.add("use " + models));
      }
      kept.with("jacobian", 3, () -> resource(log, 0), r -> null);
    }
    assertThat(log)
        .containsExactly(
            "open 64",
            "use 64",
            "use 64",
            "close 64",
            "open 3",
            "use 3",
            "use 3",
            "open 0",
            "close 3",
            "close 0");
  }

  @Test
  void oneMeasurementByItselfKeepsNothing() {
    List<String> log = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Kept.nothing().with("attack", 3, () -> resource(log, 3), r -> log.add("use 3"));
    }
    assertThat(log).containsExactly("open 3", "use 3", "close 3", "open 3", "use 3", "close 3");
  }

  @Test
  void whatIsKeptMakesRoom() {
    List<String> log = new ArrayList<>();
    DeviceException full = new DeviceException("full", null, true);
    try (Kept kept = new Kept()) {
      kept.with("attack", 1, () -> resource(log, 1), r -> null);
      kept.making(
          () -> {
            log.add("try");
            if (!log.contains("close 1")) {
              throw full;
            }
          });
      assertThatThrownBy(
              () ->
                  kept.making(
                      () -> {
                        throw full;
                      }))
          .isSameAs(full);
    }
    assertThat(log).containsExactly("open 1", "try", "close 1", "try");
  }

  private static AutoCloseable resource(List<String> log, int id) {
    log.add("open " + id);
    return () -> log.add("close " + id);
  }

  private static final class Results implements TrialSink {
    final Map<String, TrialResult> results = new LinkedHashMap<>();

    @Override
    public void completed(TrialResult result) {
      results.put(result.id(), result);
    }

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

  private static final class Silent implements Progress {
    @Override
    public void begin(Pack pack, long units) {}

    @Override
    public void advance(long units) {}

    @Override
    public void phase(String name) {}

    @Override
    public void show(String metric, double value) {}

    @Override
    public void note(String line) {}
  }
}
