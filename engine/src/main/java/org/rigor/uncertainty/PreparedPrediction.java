// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Workspace;

/** A predictor whose programs are compiled once for repeated use. */
public final class PreparedPrediction implements AutoCloseable {
  private final Device device;
  private final Predictor predictor;
  private final Map<Shape, Compiled> compiled = new HashMap<>();

  /** A program for one batch size, with its buffers. */
  private record Compiled(Workspace space, Executable executable, int batch) {}

  public PreparedPrediction(Device device, Predictor predictor) {
    this.device = device;
    this.predictor = predictor;
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
    int outputs = predictor.network().outputs();
    double[][][] log = new double[models][samples][outputs];
    Map<Score, double[][]> scores = new EnumMap<>(Score.class);
    for (Score s : Score.values()) {
      scores.put(s, new double[models][samples]);
    }
    Compiled c = compiled.computeIfAbsent(x.shape(), s -> compile(rows, samples));
    int batch = c.batch();
    int f = (int) features.size();
    double[] part = new double[rows * batch * f];
    for (int from = 0; from < samples; from += batch) {
      int used = Math.min(batch, samples - from);
      for (int m = 0; m < rows; m++) {
        x.copy((m * samples + from) * f, used * f, part, m * batch * f);
      }
      c.space().put("x", HostTensor.of(features.insert(0, batch).insert(0, rows), part));
      c.executable().run();
      HostTensor l = c.space().read("log");
      for (int i = 0; i < models * used; i++) {
        int m = i / used;
        l.copy((m * batch + i % used) * outputs, outputs, log[m][from + i % used], 0);
      }
      for (Score s : Score.values()) {
        HostTensor v = c.space().read("score/" + s);
        for (int m = 0; m < models; m++) {
          v.copy(m * batch, used, scores.get(s)[m], from);
        }
      }
    }
    return new Prediction(log, scores);
  }

  private Compiled compile(int rows, int samples) {
    int batch = Batches.fit(n -> program(rows, n), samples);
    Workspace space = new Workspace(device, "prediction");
    try {
      space.putAll("param/", predictor.draws());
      return new Compiled(space, space.link(space.declare(program(rows, batch))), batch);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
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
      b.output("score/" + s, s.of(each));
    }
    return b.build();
  }

  @Override
  public void close() {
    compiled.values().forEach(c -> c.space().close());
  }
}
