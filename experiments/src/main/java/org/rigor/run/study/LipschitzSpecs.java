// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;

/** Lipschitz measurements other than the bracket itself. */
public final class LipschitzSpecs {
  private LipschitzSpecs() {}

  private static Quantity lower(String name, String says) {
    return Quantity.size(name, "", Better.LOWER, says);
  }

  @Doc(
      "Lower values of the Lipschitz constant at training samples and around them: Jacobian norms"
          + " at samples, at noisy, mixed and attacked ones, and slopes between samples (Khromov &"
          + " Singh 2024). At a kink, where a unit's input is exactly 0 or a pooling has two"
          + " largest elements, the steepest of four points drawn nearby stands for the sample;"
          + " ties of units that are off are no kinks. A number is undecided where no sample and no"
          + " such point is left.")
  public record LipschitzNeighbourhood(
      @Doc("Training samples used, from the first; 0 means all. In a probe, samples of its split.")
          @Default("500")
          @Range(min = 0)
          int samples,
      @Doc("Standard deviation of the noise, in units of the input.")
          @Default("0.1")
          @Range(min = 0)
          double noise,
      @Doc("Convex combinations of two samples.") @Default("1000") @Range(min = 1, max = 10_000_000)
          int mixtures,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Euclidean radius of the attacks.") @Default("0.5") @Range(min = 0, minOpen = true)
          double epsilon,
      @Doc("Steps of the attacks.") @Default("20") @Range(min = 1, max = 100_000) int steps)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      return List.of(
          lower("lipschitz-samples", "largest Jacobian norm at samples"),
          lower("lipschitz-average", "mean Jacobian norm at samples"),
          lower("lipschitz-rms", "root mean square Jacobian norm at samples"),
          lower("lipschitz-pairs", "largest slope between two samples"),
          lower("lipschitz-noisy", "largest Jacobian norm at noisy samples"),
          lower("lipschitz-mixed", "largest Jacobian norm at convex combinations"),
          lower("lipschitz-attacked", "largest Jacobian norm at adversarial samples"));
    }
  }

  @Doc(
      "Largest Jacobian norm on a dense grid, for networks on the plane. At a kink, where a unit's"
          + " input is exactly 0 or a pooling has two largest elements, the steepest of four points"
          + " drawn nearby stands for the sample; ties of units that are off are no kinks. A number"
          + " is undecided where no sample and no such point is left.")
  public record JacobianGrid(
      @Doc("Least coordinate.") @Default("-5") @Range(min = -1e6, max = 1e6) double low,
      @Doc("Largest coordinate.") @Default("5") @Range(min = -1e6, max = 1e6) double high,
      @Doc("Points along each axis.") @Default("200") @Range(min = 2, max = 10_000) int points)
      implements MeasurementSpec {
    public JacobianGrid {
      if (!(low < high)) {
        throw new IllegalArgumentException(
            "low must be below high, got %s and %s".formatted(low, high));
      }
    }

    @Override
    public List<Quantity> gives() {
      return List.of(lower("lipschitz-grid", "largest Jacobian norm on a grid"));
    }
  }

  @Doc(
      "How far the logits move if inputs are wrong by up to delta: largest Jacobian norm times"
          + " delta, the largest change that an attack finds by gradient ascent, product of layer"
          + " norms times delta. At a kink, where a unit's input is exactly 0 or a pooling has two"
          + " largest elements, the steepest of four points drawn nearby stands for the sample. The"
          + " first is undecided where no sample and no such point is left.")
  public record SensorError(
      @Doc("Euclidean errors of the input, ascending.")
          @Length(min = 1, max = 20)
          @Range(min = 0, max = 1e6, minOpen = true)
          List<Double> deltas,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Points that the ascent visits, its random start included.")
          @Default("30")
          @Range(min = 1, max = 100_000)
          int steps,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public SensorError {
      MeasurementSpec.ascending(deltas);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (double d : deltas) {
        out.add(lower(Quantities.at("sensor-lower", d), "largest Jacobian norm times delta"));
        out.add(lower(Quantities.at("sensor-found", d), "largest change of the logits found"));
        out.add(lower(Quantities.at("sensor-upper", d), "product of layer norms times delta"));
      }
      return out;
    }
  }
}
