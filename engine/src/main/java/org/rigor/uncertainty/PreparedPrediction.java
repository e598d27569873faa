// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Workspace;

/**
 * A predictor whose draws are on the device, and whose programs are compiled once for repeated use.
 */
public final class PreparedPrediction implements AutoCloseable {
  private static final String SCORE = "score/";

  private static final List<String> RESULTS = new ArrayList<>(List.of("log"));

  static {
    for (Score s : Score.values()) {
      RESULTS.add(SCORE + s);
    }
  }

  private final Predictor predictor;
  private final Workspace space;
  private final Map<Shape, BatchQueue> compiled = new HashMap<>();

  public PreparedPrediction(Device device, Predictor predictor) {
    this.predictor = predictor;
    this.space = new Workspace(device, "prediction");
    try {
      space.putAll("param/", predictor.draws());
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /**
   * Predicts.
   *
   * @param x [N, features...] for all trials, or [M, N, features...], each trial its own
   */
  public Prediction of(HostTensor x) {
    int models = predictor.trials();
    Shape features = predictor.network().input();
    boolean own = x.shape().rank() == features.rank() + 2;
    int samples = x.shape().dim(own ? 1 : 0);
    int rows = own ? models : 1;
    Shape wanted = features.insert(0, samples);
    if (!x.shape().equals(own ? wanted.insert(0, models) : wanted)) {
      throw new IllegalArgumentException(
          "prediction: x must be [N, features...] or [M, N, features...] of "
              + features
              + ", got "
              + x.shape());
    }
    BatchQueue batches = compiled.computeIfAbsent(x.shape(), s -> compile(rows, samples));
    batches.put("x", own ? x : x.reshape(x.shape().insert(0, 1)));
    Map<String, HostTensor> found = batches.run(Pool.all(models, samples), RESULTS);
    int outputs = predictor.network().outputs();
    double[][][] log = new double[models][samples][outputs];
    for (int i = 0; i < models * samples; i++) {
      found.get("log").copy(i * outputs, outputs, log[i / samples][i % samples], 0);
    }
    Map<Score, double[][]> scores = new EnumMap<>(Score.class);
    for (Score s : Score.values()) {
      double[][] of = new double[models][samples];
      for (int m = 0; m < models; m++) {
        found.get(SCORE + s).copy(m * samples, samples, of[m], 0);
      }
      scores.put(s, of);
    }
    return new Prediction(log, scores);
  }

  private BatchQueue compile(int rows, int samples) {
    int batch = Batches.fit(n -> program(rows, n), samples);
    return new BatchQueue(batch, space.compile(program(rows, batch)));
  }

  private Program program(int rows, int batch) {
    Program.Builder b = Program.builder("prediction");
    Map<String, Value> w = new LinkedHashMap<>();
    for (Parameter p : predictor.network().parameters()) {
      HostTensor draws = predictor.draws().get(p.name());
      w.put(p.name(), b.input("param/" + p.name(), draws.type()));
    }
    Shape shape = predictor.network().input().insert(0, batch).insert(0, rows);
    Value each = predictor.mean().logProbabilities(w, b.input("x", State.f64(shape)));
    b.output("log", MeanNetwork.mean(each));
    for (Score s : Score.values()) {
      b.output(SCORE + s, s.of(each));
    }
    return b.build();
  }

  @Override
  public void close() {
    space.close();
  }
}
