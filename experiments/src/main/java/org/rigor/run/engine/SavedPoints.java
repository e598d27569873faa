// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.rigor.exec.Executable;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.ir.Program;
import org.rigor.run.analysis.Analyses.Examples;
import org.rigor.run.analysis.Analyses.Keep;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Misclassified points as files. Attacks confirm points in double; they are stored in float32,
 * rounded toward their samples, so that neither the distance grows nor the box is left, if each is
 * still misclassified there, and in double otherwise.
 *
 * @param model that misclassifies them
 * @param x samples, [N, input...]
 * @param distance in which they are near
 * @param rows the points
 * @param shown returns the class that files name where the model names one; -1 stays
 */
record SavedPoints(
    Models model, HostTensor x, Distance distance, List<Row> rows, IntUnaryOperator shown) {

  /** Margin, as a share of the largest logit, that sums in float32 may lose: 64 roundings. */
  private static final double NEAR = 0x1p-18;

  /**
   * A misclassified point.
   *
   * @param sample row of {@code x}
   * @param judged label in the model that misclassifies it
   * @param index of the sample in the data
   * @param label of the sample in the data
   * @param point features flat; the sample itself if that is misclassified
   * @param attack that found it; {@code none} if none was needed
   */
  record Row(int sample, int judged, int index, int label, double[] point, String attack) {}

  /**
   * Writes the points where they go.
   *
   * @param more arrays for the NPZ file
   * @return empty if there is nothing to write
   */
  Optional<Examples> write(Keep keep, Map<String, HostTensor> more) {
    if (rows.isEmpty() || (keep.points().isEmpty() && keep.pictures().isEmpty())) {
      return Optional.empty();
    }
    double[] clean = clean();
    double[] points = points();
    double[] floats = towardSamples(points, clean);
    Predictions rounded = Predictions.ofPoints(model, floats, rows.size());
    boolean single = x.dtype() == DType.F32 && fallen(rounded);
    double[] stored = single ? floats : points;
    Predictions there = single ? rounded : Predictions.ofPoints(model, points, rows.size());
    Optional<String> sha256 = keep.points().map(f -> npz(f, clean, stored, there, single, more));
    keep.pictures()
        .ifPresent(
            folder ->
                PointPictures.of(model.network().input(), keep.image())
                    .write(folder, rows, clean, stored));
    return Optional.of(
        new Examples(
            rows.size(),
            near(there),
            keep.points(),
            sha256,
            single ? "f32" : "f64",
            keep.pictures()));
  }

  private int width() {
    return Math.toIntExact(model.network().input().size());
  }

  private double[] clean() {
    double[] all = new double[rows.size() * width()];
    HostTensor samples = x.toDouble();
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(
          samples.doubles(), rows.get(i).sample() * width(), all, i * width(), width());
    }
    return all;
  }

  private double[] points() {
    double[] all = new double[rows.size() * width()];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i).point(), 0, all, i * width(), width());
    }
    return all;
  }

  /** Rounds each number of a point to the next float on the way to its sample's. */
  private static double[] towardSamples(double[] points, double[] clean) {
    double[] out = new double[points.length];
    for (int i = 0; i < out.length; i++) {
      float near = (float) points[i];
      boolean beyond =
          points[i] > clean[i] ? near > points[i] : points[i] < clean[i] && near < points[i];
      out[i] = beyond ? Math.nextAfter(near, clean[i]) : near;
    }
    return out;
  }

  /** Returns the number of points where the rounding of float32 may decide the class. */
  private int near(Predictions there) {
    int near = 0;
    for (int i = 0; i < rows.size(); i++) {
      double[] logits = there.logits(0, i);
      double size = Arrays.stream(logits).map(Math::abs).max().orElse(0);
      int named = there.predicted(0, i);
      near += named >= 0 && there.margin(0, i, named) <= NEAR * size ? 1 : 0;
    }
    return near;
  }

  private boolean fallen(Predictions there) {
    for (int i = 0; i < rows.size(); i++) {
      if (there.predicted(0, i) == rows.get(i).judged()) {
        return false;
      }
    }
    return true;
  }

  private String npz(
      Path file,
      double[] clean,
      double[] points,
      Predictions there,
      boolean single,
      Map<String, HostTensor> more) {
    int n = rows.size();
    int[] predicted = new int[n];
    for (int i = 0; i < n; i++) {
      predicted[i] = shown.applyAsInt(there.predicted(0, i));
    }
    Shape shape = model.network().input().insert(0, n);
    HostTensor own = HostTensor.of(shape, clean);
    HostTensor found = HostTensor.of(shape, points);
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", x.dtype() == DType.F32 ? own.toFloat() : own);
    arrays.put("x_adv", single ? found.toFloat() : found);
    arrays.put("y", ints(rows.stream().mapToInt(Row::label).toArray()));
    arrays.put("predicted", ints(predicted));
    arrays.put("distance", HostTensor.of(Shape.of(n), distances(clean, points)));
    arrays.put("index", ints(rows.stream().mapToInt(Row::index).toArray()));
    arrays.putAll(more);
    Npz.write(file, arrays, Map.of("attack", rows.stream().map(Row::attack).toList()), true);
    return Sha256.of(file);
  }

  private static HostTensor ints(int[] values) {
    return HostTensor.of(Shape.of(values.length), values);
  }

  /** Returns the distance of each stored point from its sample, in double. */
  private double[] distances(double[] clean, double[] points) {
    Shape shape = model.network().input().insert(0, rows.size()).insert(0, 1);
    double[] moved = new double[points.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = points[i] - clean[i];
    }
    Program.Builder b = Program.builder("distance");
    b.output("length", distance.length(b.input("moved", new TensorType(DType.F64, shape))));
    try (Executable e = Workspace.alone(model.device(), b.build())) {
      e.input("moved").write(HostTensor.of(shape, moved));
      e.run();
      return e.output("length").read().doubles();
    }
  }
}
