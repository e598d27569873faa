// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import org.rigor.corruptions.Corruption;
import org.rigor.corruptions.Corruptions;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** Average-case measurements, to compare with the worst case. */
public final class NoiseSpecs {
  private NoiseSpecs() {}

  @Doc(
      "Accuracy on images with common corruptions (Hendrycks & Dietterich 2019, with the constants"
          + " of CIFAR-10-C, whatever the size of the images, so not those of ImageNet-C; frost is"
          + " not among them). Corruptions are computed anew, without the rounding to 8 bits of the"
          + " published files; the report says how each differs from its origin. All networks see"
          + " the same corrupted images.")
  public record CorruptionCurve(
      @Doc("Names, gaussian-noise for example; all if left out.") @Default("[]") @Length(max = 20)
          List<String> corruptions,
      @Doc("Severities, ascending, 1 to 5.")
          @Default("[1, 2, 3, 4, 5]")
          @Length(min = 1, max = 5)
          @Range(min = 1, max = 5)
          List<Integer> severities,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public CorruptionCurve {
      corruptions.forEach(Corruptions::named);
      if (corruptions.stream().distinct().count() < corruptions.size()
          || severities.stream().distinct().count() < severities.size()) {
        throw new IllegalArgumentException(
            "a corruption or a severity is named twice: %s, %s".formatted(corruptions, severities));
      }
    }

    /** Returns the corruptions measured. */
    public List<Corruption> all() {
      return corruptions.isEmpty()
          ? Corruptions.ALL
          : corruptions.stream().map(Corruptions::named).toList();
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(
          Quantity.share("corrupted-accuracy", Better.HIGHER, "mean over corruptions, severities"));
      for (int s : severities) {
        out.add(
            Quantity.share(
                Quantities.at("corrupted-accuracy", s), Better.HIGHER, "mean over corruptions"));
      }
      for (Corruption c : all()) {
        for (int s : severities) {
          out.add(Quantity.share(name(c, s), Better.HIGHER, differs(c, s)));
        }
      }
      return out;
    }

    private static String differs(Corruption c, int severity) {
      return "%s of severity %d; differs from CIFAR-10-C %s"
          .formatted(c.name(), severity, c.differs());
    }

    /** Returns the name of one accuracy: {@code corrupted-accuracy/fog@3}. */
    public static String name(Corruption c, int severity) {
      return Quantities.at("corrupted-accuracy/" + c.name(), severity);
    }
  }

  @Doc(
      "Accuracy under random noise whose norm is exactly epsilon, before it is clipped to the box:"
          + " the average case beside the attack of the same norm. Signs for linf, directions for"
          + " l2.")
  public record RandomNoise(
      @Doc("Norm of the noise.") @Default("linf") Norm norm,
      @Doc("Norms of the noise, ascending.")
          @Length(min = 1, max = 100)
          @Range(min = 0, max = 1e6, minOpen = true)
          List<Double> radii,
      @Doc("Draws for each sample.") @Default("10") @Range(min = 1, max = 10_000) int draws,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public RandomNoise {
      MeasurementSpec.ascending(radii);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (double r : radii) {
        out.add(
            Quantity.share(
                Quantities.at("noise-accuracy", r), Better.HIGHER, "mean over draws of noise"));
        out.add(
            Quantity.share(
                Quantities.at("worst-noise-accuracy", r),
                Better.HIGHER,
                "samples that all draws leave right"));
      }
      return out;
    }
  }

  @Doc(
      "Euclidean distance to a wrong answer: along random directions, and as linear steps to the"
          + " boundary of the strongest wrong class find it (DeepFool, Moosavi-Dezfooli et al."
          + " 2016, takes the nearest). Samples that are classified correctly, no box.")
  public record BoundaryDistance(
      @Doc("Random directions for each sample, each taken both ways.")
          @Default("5")
          @Range(min = 1, max = 1000)
          int directions,
      @Doc("Farthest distance looked at, in units of the input; beyond it counts as infinite.")
          @Default("1000")
          @Range(min = 0, minOpen = true)
          double farthest,
      @Doc("Test samples used, from the first; 0 means all.") @Default("200") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      return List.of(
          Quantity.size(
              "adversarial-distance", "", Better.HIGHER, "median over samples, by linear steps"),
          Quantity.size("random-distance", "", Better.HIGHER, "median over samples and directions"),
          Quantity.size(
              "distance-ratio", "", Better.NEITHER, "median ratio of random to adversarial"),
          Quantity.number("log-distance-ratio", "", Better.NEITHER, "its logarithm to the base 10"),
          Quantity.size(
              "linear-distance-ratio",
              "",
              Better.NEITHER,
              "the ratio of a linear rule, sqrt(d) / 0.6745"));
    }
  }
}
