// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;

/** Measurements about hidden units, spectra of their weights and curvature. */
public final class SparsitySpecs {
  private SparsitySpecs() {}

  private static final String LAYERS =
      "Hidden layers that are named one by one, from the input on; means are over all of them.";
  private static final String SAMPLES = "Test samples used, from the first; 0 means all.";

  private static Quantity number(String name, String says) {
    return Quantity.number(name, "", Better.NEITHER, says);
  }

  private static Quantity size(String name, String says) {
    return Quantity.size(name, "", Better.NEITHER, says);
  }

  /** Returns the quantities as means over layers, and for each of the first few layers. */
  private static List<Quantity> each(List<Quantity> all, int layers) {
    List<Quantity> out = new ArrayList<>(all);
    for (int l = 1; l <= layers; l++) {
      for (Quantity q : all) {
        out.add(q.as(layer(q.name(), l), q.says() + ", of hidden layer " + l));
      }
    }
    return out;
  }

  /** Returns the name of a quantity of one layer, counted from 1. */
  public static String layer(String name, int layer) {
    return name + "-" + layer;
  }

  @Doc(
      "Activation sparsity and gradients of hidden units, in double (Peng et al. 2023; Li et al."
          + " 2023).")
  public record Sparsity(
      @Doc(SAMPLES) @Default("0") @Range(min = 0) int samples,
      @Doc(LAYERS) @Default("0") @Range(min = 0, max = 64) int layers)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      return each(
          List.of(
              Quantity.share("active", Better.NEITHER, "share of activations that are not 0"),
              Quantity.share("sloped", Better.NEITHER, "share of slopes that are not 0"),
              size("slope-square", "mean squared slope"),
              Quantity.share("small-gradient", Better.NEITHER, "share of |dl/dh| below 1e-6"),
              size("gradient-square", "||dl/dh||^2, mean over samples"),
              size("input-gradient-square", "||K dl/dh||^2, mean over samples"),
              size("augmented-flatness", "||dl/dh||^2 ||x||^2, mean over samples"),
              size("coefficient", "augmented flatness of an active unit")),
          layers);
    }
  }

  @Doc(
      "Units of the ReLU layers of any network, in the order in which they are run: the share that"
          + " is on, mean over samples, and the share that no sample turns on.")
  public record ReluSparsity(
      @Doc(SAMPLES) @Default("0") @Range(min = 0) int samples,
      @Doc(LAYERS) @Default("0") @Range(min = 0, max = 64) int layers)
      implements MeasurementSpec {
    /** Share of units that are on. */
    public static final String ACTIVE = "active-units";

    /** Share of units that are on at no sample. */
    public static final String DEAD = "dead-units";

    @Override
    public List<Quantity> gives() {
      return each(
          List.of(
              Quantity.share(ACTIVE, Better.NEITHER, "share of units that are on"),
              Quantity.share(DEAD, Better.NEITHER, "share of units that no sample turns on")),
          layers);
    }
  }

  @Doc(
      "Spectral concentration of the weights in front of hidden units, and of what training added"
          + " (Peng et al. 2023).")
  public record Spectrum(@Doc(LAYERS) @Default("0") @Range(min = 0, max = 64) int layers)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      return each(
          List.of(
              size("spectral-ratio", "largest over smallest squared singular value that is not 0"),
              size("spectral-quartiles", "upper over lower quartile of squared singular values"),
              Quantity.share(
                  "spectral-inside", Better.NEITHER, "share inside the interval of random weights"),
              size("update-quartiles", "the same of what training added; 1 before training"),
              Quantity.share(
                  "update-inside", Better.NEITHER, "of what training added; 1 before training"),
              size("update-size", "length of what training added, over the initial one")),
          layers);
    }
  }

  @Doc(
      "Curvature of the mean cross-entropy over all weights, in double: Hessian traces"
          + " (Hutchinson), largest eigenvalue (Lanczos), Fisher trace, sharpness. All are"
          + " estimates.")
  public record Curvature(
      @Doc(SAMPLES) @Default("64") @Range(min = 0) int samples,
      @Doc("Random directions of the traces.") @Default("32") @Range(min = 2, max = 100_000)
          int probes,
      @Doc("Steps of Lanczos.") @Default("20") @Range(min = 1, max = 10_000) int steps,
      @Doc("Radius of the ball of weights in which the loss is raised; 0 leaves that out.")
          @Default("0")
          @Range(min = 0)
          double radius)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      List<Quantity> all =
          new ArrayList<>(
              List.of(
                  number("hessian-trace", "trace of the Hessian"),
                  size("hessian-trace-error", "its standard error over directions"),
                  number("hessian-top", "largest eigenvalue of the Hessian"),
                  number("own-label-trace", "trace of the Hessian under the model's own labels"),
                  size("own-label-error", "its standard error over directions"),
                  size("fisher-trace", "mean squared gradient under the model's own labels"),
                  size("label-gradient", "mean squared gradient under the true labels"),
                  number("trace-over-fisher", "trace under own labels over Fisher trace")));
      if (radius > 0) {
        all.add(number("sharpness", "largest rise of the loss found in the ball"));
      }
      return all;
    }
  }
}
