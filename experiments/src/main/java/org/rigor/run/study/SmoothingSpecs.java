// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Numbers;
import org.rigor.run.yaml.Range;
import org.rigor.smoothing.Stages;

/** Measurements of smoothed classifiers. */
public final class SmoothingSpecs {
  private SmoothingSpecs() {}

  @Doc(
      "Accuracy of the smoothed classifiers argmax_c P(f(x + sigma Z) = c), Z standard normal, that"
          + " is certified over l2 radii by randomised smoothing (CERTIFY, Cohen et al. 2019). It"
          + " concerns these classifiers, not the networks f that were trained: an attack on f"
          + " refutes nothing, so this is no certified-accuracy. It holds for each sample with"
          + " probability 1 - alpha over draws of noise. Draws of a sample end once each radius is"
          + " decided, at looks whose levels sum to alpha. arrays/ID-smoothing.npy has, for each"
          + " sigma and sample, the class (-1: none), misses, draws, both sides of its probability"
          + " and of its radius.")
  public record SmoothingCurve(
      @Doc("Deviations of the noise, ascending.")
          @Length(min = 1, max = 20)
          @Range(min = 0, max = 1e6, minOpen = true)
          List<Double> sigmas,
      @Doc("Radii in l2, ascending.") @Length(min = 1, max = 100) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Most draws for each sample, a multiple of 100, besides 100 that propose its class.")
          @Default("10000")
          @Range(min = 100, max = 100_000_000)
          int draws,
      @Doc("Chance, for each sample, that what is certified does not hold.")
          @Default("0.001")
          @Range(min = 0, max = 0.5, minOpen = true)
          double alpha,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public SmoothingCurve {
      MeasurementSpec.ascending(epsilons);
      MeasurementSpec.ascending(sigmas);
      Stages.sequential(draws, alpha);
    }

    /** Returns the name of the accuracy of a smoothed classifier at a radius. */
    public static String accuracy(double sigma, double epsilon) {
      return Quantities.at("smoothed-accuracy" + noise(sigma), epsilon);
    }

    /** Returns the name of the share of samples on which it abstains. */
    public static String abstains(double sigma) {
      return "smoothed-abstains" + noise(sigma);
    }

    /** Returns the name of the mean number of draws. */
    public static String draws(double sigma) {
      return "smoothed-draws" + noise(sigma);
    }

    private static String noise(double sigma) {
      return "/noise-" + Numbers.show(sigma);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (double s : sigmas) {
        for (double e : epsilons) {
          out.add(
              Quantity.share(
                  accuracy(s, e), Better.HIGHER, "smoothed classifier right and certified"));
        }
        out.add(Quantity.share(abstains(s), Better.LOWER, "smoothed classifier has no class"));
        out.add(Quantity.size(draws(s), "draws", Better.NEITHER, "mean over samples"));
      }
      return out;
    }
  }
}
