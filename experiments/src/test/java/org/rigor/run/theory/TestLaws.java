// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rigor.run.plugin.Plugin;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** Laws that hold, fail, or break as their options say; a plugin as users would write one. */
public final class TestLaws implements Plugin {
  @Override
  public String namespace() {
    return "test";
  }

  @Override
  public List<Class<? extends Law>> laws() {
    return List.of(Halves.class, Throws.class);
  }

  /** The sum 1/2 + 1/4 + ... */
  @Doc("A geometric series reaches its sum.")
  @TypeName("test:halves")
  public record Halves(
      @Doc("Terms.") @Default("40") @Range(min = 1, max = 60) int terms,
      @Doc("Sum that is predicted.") @Default("1") double sum,
      @Doc("Mean of the claimed values.") @Default("1") double mean)
      implements Law {
    @Override
    public String id() {
      return "test/H";
    }

    @Override
    public String source() {
      return "Zeno";
    }

    @Override
    public String says() {
      return "Halves add up to <one> & no more.";
    }

    @Override
    public void measure(Lab lab) {
      lab.phase("adding");
      double measured = 0;
      double[] x = new double[terms];
      double[] y = new double[terms];
      double[] theory = new double[terms];
      for (int i = 0; i < terms; i++) {
        lab.checkpoint();
        pause();
        measured += Math.scalb(1.0, -i - 1);
        x[i] = i + 1;
        y[i] = measured;
        theory[i] = 1 - Math.scalb(1.0, -i - 1);
      }
      lab.compare("sum", "sum of 2^-k = 1", sum, measured, Tolerance.relative(1e-6, sum));
      lab.report("terms", terms);
      SplittableRandom random = new SplittableRandom(lab.seed());
      double[] seeds =
          IntStream.range(0, 8).mapToDouble(i -> mean + 1e-3 * random.nextDouble()).toArray();
      lab.claim("m", "The values are near their mean.", seeds, Lab.Relation.AT_LEAST, 0.5);
      lab.chart(
          new Chart(
              "sum",
              "Partial sums",
              "terms",
              "sum",
              false,
              false,
              List.of(
                  Chart.Series.theory("1 - 2^-n", x, theory),
                  Chart.Series.measured("added", x, y, new double[terms]))));
    }

    private static void pause() {
      try {
        Thread.sleep(Long.getLong("fake.millis", 0));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A law that cannot be measured. */
  @Doc("Breaks.")
  @TypeName("test:throws")
  public record Throws() implements Law {
    @Override
    public String id() {
      return "test/T";
    }

    @Override
    public String source() {
      return "none";
    }

    @Override
    public String says() {
      return "Nothing.";
    }

    @Override
    public void measure(Lab lab) {
      throw new IllegalStateException("the matrix is singular");
    }
  }
}
