// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.List;
import org.rigor.data.Box;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Smoothed;
import org.rigor.smoothing.Stages;
import picocli.CommandLine.Option;

/** Options of {@code certify --method smoothing}. */
final class SmoothingOptions {
  /** Name of the method. */
  static final String METHOD = "smoothing";

  static final String[] NAMES = {"--sigma", "--samples", "--alpha", "--seed"};

  @Option(
      names = "--sigma",
      paramLabel = "S,S..",
      split = ",",
      converter = NumberConverter.class,
      description = "Deviations of the noise of smoothing, in units of the input (default: 0.25).")
  private List<Double> sigmas = List.of(0.25);

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "10000",
      description =
          "Most draws of noise for each image, a multiple of 100; they end once every epsilon is"
              + " decided (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--alpha",
      paramLabel = "A",
      defaultValue = "0.001",
      converter = NumberConverter.class,
      description =
          "Chance, for each image, that what smoothing certifies does not hold (default:"
              + " ${DEFAULT-VALUE}).")
  private double alpha;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the noise of smoothing (default: ${DEFAULT-VALUE}).")
  private long seed;

  /** Returns whether this is the method. */
  boolean is(String method) {
    return method.equals(METHOD);
  }

  /** Returns what is asked for. */
  Smoothed.Request request(Path model, Path data, String norm, List<Double> epsilons, Box box) {
    if (!norm.equals("l2")) {
      throw new RunException(
          ExitCode.USAGE, "--norm: smoothing certifies balls of --norm l2, got '" + norm + "'");
    }
    try {
      Stages.sequential(samples, alpha);
    } catch (IllegalArgumentException e) {
      throw new RunException(ExitCode.USAGE, "--samples and --alpha: " + e.getMessage(), e);
    }
    for (double s : sigmas) {
      if (!((float) s > 0) || Double.isInfinite((float) s)) {
        throw new RunException(ExitCode.USAGE, "--sigma: must be > 0 and finite, got " + s);
      }
    }
    return new Smoothed.Request(model, data, sigmas, epsilons, samples, alpha, seed, box);
  }
}
