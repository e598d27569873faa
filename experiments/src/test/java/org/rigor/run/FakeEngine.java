// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.PackTooLarge;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;
import org.rigor.run.trial.TrialSpec;

/**
 * Stands in for the engine: results are drawn from the trial's id, at a pace set by {@code
 * fake.millis}, so that everything around the engine can be tested, kills included.
 */
public final class FakeEngine implements EngineProvider {
  private static final int IMAGES = 200;

  @Override
  public StudyEngine study(Request request) {
    if (request.device().equals("cuda")) {
      throw new RunException(ExitCode.ENVIRONMENT, "no CUDA device: looked for libcuda.so.1");
    }
    return new Study();
  }

  @Override
  public Analyses analyses(Request request) {
    throw new RunException(ExitCode.ENVIRONMENT, "the fake engine analyses nothing");
  }

  @Override
  public List<Check> doctor() {
    return List.of(new Check("CUDA", false, "libcuda.so.1 not found", "install a driver"));
  }

  private static final class Study implements StudyEngine {
    private Device device;

    @Override
    public String deviceKind() {
      return "cpu";
    }

    @Override
    public synchronized Device device() {
      device = device == null ? Device.open("cpu") : device;
      return device;
    }

    @Override
    public String deviceLine() {
      return "cpu - fake";
    }

    @Override
    public int numerics() {
      return 1;
    }

    @Override
    public DataIdentity data(DataSpec spec) {
      return new DataIdentity("fake digits", "f".repeat(64), List.of(8, 8, 1), 10, 800, IMAGES);
    }

    @Override
    public void check(TrialSpec spec) {}

    @Override
    public OnnxModel onnx(TrialSpec spec, Path stored) {
      throw new UnsupportedOperationException("the fake engine has no networks");
    }

    @Override
    public Map<String, String> provenance() {
      return Map.of("threads", "1");
    }

    @Override
    public PackRunner runner() {
      return FakeEngine::run;
    }

    @Override
    public List<PackRunner> runners(int count) {
      return Collections.nCopies(count, runner());
    }

    @Override
    public void close() {
      if (device != null) {
        device.close();
      }
    }
  }

  private static void run(Pack pack, TrialSink sink, Progress progress, Cancellation cancellation) {
    int limit = Integer.getInteger("fake.capacity", Integer.MAX_VALUE);
    if (pack.trials().size() > limit) {
      throw new PackTooLarge("needs %d rows, has %d".formatted(pack.trials().size(), limit));
    }
    int epochs = pack.shared().training().epochs();
    progress.begin(pack, (long) epochs * pack.trials().size());
    progress.phase("train");
    for (Trial t : pack.trials()) {
      for (int e = 0; e < epochs && !cancellation.requested(); e++) {
        sleep();
        double loss = Math.exp(-0.1 * e) + 0.05;
        sink.metric(t.id(), "train", e, Map.of("loss", loss));
        progress.show("loss", loss);
        progress.advance(1);
      }
      if (cancellation.requested()) {
        return;
      }
      sink.file(
          "models/" + t.modelId() + ".safetensors",
          out -> out.write(t.id().repeat(20).getBytes(StandardCharsets.UTF_8)));
      boolean diverges = t.spec().seed() == Long.getLong("fake.diverge", -1);
      sink.completed(
          diverges
              ? TrialResult.failed(t.id(), Outcome.DIVERGED, "loss is infinite at step 3", 0.1)
              : result(t));
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(Long.getLong("fake.millis", 0));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns what the trial's id and method decide. */
  public static TrialResult result(Trial t) {
    SplittableRandom random = new SplittableRandom(t.id().hashCode());
    boolean robust = t.spec().method() instanceof MethodSpec.Pgd;
    double[] radius = new double[IMAGES];
    boolean[] correct = new boolean[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      correct[i] = random.nextDouble() < 0.97;
      radius[i] = correct[i] ? (robust ? 0.32 : 0.13) * Math.sqrt(random.nextDouble()) : -1;
    }
    List<Curve> curves = new ArrayList<>();
    for (MeasurementSpec m : t.spec().measurements()) {
      if (m instanceof MeasurementSpec.PgdCurve c) {
        curves.add(curve(Curve.Side.ATTACKED, "pgd", c.epsilons(), radius, 1));
      } else if (m instanceof MeasurementSpec.CertifiedCurve c) {
        curves.add(
            curve(Curve.Side.CERTIFIED, c.method(), c.epsilons(), radius, robust ? 0.4 : 0.3));
      }
    }
    Map<String, Scalar> scalars = new TreeMap<>();
    double jitter = random.nextDouble();
    scalars.put(
        Scalar.LIPSCHITZ_LOWER,
        new Scalar((robust ? 6 : 14) + jitter, Kind.ESTIMATE, "jacobian-svd"));
    scalars.put(
        Scalar.LIPSCHITZ_UPPER,
        new Scalar((robust ? 54 : 31) + jitter, Kind.CERTIFIED, "gram-product"));
    scalars.put(Scalar.MEDIAN_MARGIN, new Scalar(robust ? 4 : 9, Kind.ESTIMATE, "median"));
    return new TrialResult(
        t.id(), Outcome.FINISHED, "", 0.2, scalars, correct, curves, examples(random, radius));
  }

  private static Curve curve(
      Curve.Side side, String method, List<Double> epsilons, double[] radius, double share) {
    double[] e = epsilons.stream().mapToDouble(Double::doubleValue).toArray();
    int[] survived = new int[radius.length];
    for (int i = 0; i < survived.length; i++) {
      while (survived[i] < e.length && e[survived[i]] <= share * radius[i]) {
        survived[i]++;
      }
    }
    return new Curve(side, method, Kind.CERTIFIED, e, survived);
  }

  private static List<Example> examples(SplittableRandom random, double[] radius) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < radius.length; i++) {
      if (radius[i] > 0) {
        order.add(i);
      }
    }
    order.sort(Comparator.comparingDouble(i -> radius[i]));
    List<Example> out = new ArrayList<>();
    for (int i : order.subList(0, 8)) {
      float[] clean = new float[64];
      float[] broken = new float[64];
      for (int k = 0; k < 64; k++) {
        clean[k] =
            (float) Math.max(0, 1 - Math.abs(Math.hypot(k % 8 - 3.5, k / 8 - 3.5) - 2.2) / 1.2);
        broken[k] = (float) Math.min(1, Math.max(0, clean[k] + 0.1 * (random.nextDouble() - 0.5)));
      }
      out.add(new Example(i, i % 10, (i + 3) % 10, radius[i], 8, 8, 1, clean, broken));
    }
    return out;
  }
}
