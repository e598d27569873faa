// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.nio.file.Path;
import java.util.List;
import org.rigor.data.Box;
import org.rigor.smoothing.SmoothedSample;

/** Certified l2 radii of smoothed classifiers. */
public final class Smoothed {
  private Smoothed() {}

  /**
   * @param model ONNX file of the base classifier
   * @param sigmas deviations of the noise
   * @param epsilons radii that are asked for, ascending
   * @param draws most draws of a sample
   * @param alpha chance, for each sample, that what is certified does not hold
   * @param box of the samples; noise may leave it
   */
  public record Request(
      Path model,
      Path data,
      List<Double> sigmas,
      List<Double> epsilons,
      int draws,
      double alpha,
      long seed,
      Box box) {}

  /**
   * @param device that computed it, in words
   * @param dtype of the votes, {@code f32} or {@code f64}
   * @param samples by [sigma][sample]
   */
  public record Report(
      Request request,
      String modelSha256,
      String dataSha256,
      String device,
      String dtype,
      int[] labels,
      SmoothedSample[][] samples) {}
}
