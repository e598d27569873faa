// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.Tree;

/** A figure of the report. */
@Doc("A figure of the report.")
public sealed interface FigureSpec {

  /** Checks the names that the figure gives. */
  void check(Named named);

  @Doc(
      "Certified and attacked accuracy over epsilon, the undecided band shaded. Between radii both"
          + " are stairs: what is certified at a radius is so at each smaller one, what an attack"
          + " breaks is broken at each larger one.")
  record Bracket(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Methods shown; all if left out.") @Default("[]") List<String> methods)
      implements FigureSpec {
    @Override
    public void check(Named named) {
      named.methods("methods", methods);
    }
  }

  @Doc("Lipschitz bracket per method, alone and over the median margin.")
  record LipschitzBracket(@Doc("Heading.") @Label @Default("''") String title)
      implements FigureSpec {
    @Override
    public void check(Named named) {}
  }

  @Doc("The samples an attack breaks at the smallest epsilon, before and after.")
  record FirstToFall(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Number of samples per method.") @Default("8") @Range(min = 1, max = 40) int count)
      implements FigureSpec {
    @Override
    public void check(Named named) {}
  }

  @Doc("Training loss over epochs.")
  record History(@Doc("Heading.") @Label @Default("''") String title) implements FigureSpec {
    @Override
    public void check(Named named) {}
  }

  @Doc(
      "Quantities over a numeric key of the grid: a line per method with its band over seeds, and"
          + " the curve of a theory.")
  record Line(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Quantities; of a curve its value at one epsilon, attacked-accuracy@8/255.")
          @Length(min = 1, max = 8)
          List<String> metrics,
      @Doc("Key of the grid on the horizontal axis; of lists the first number counts.")
          String along,
      @Doc("Methods shown; all if left out.") @Default("[]") List<String> methods,
      @Doc("Values of other grid keys; a line for each combination of the rest.") @Default("{}")
          Map<String, Tree> at,
      @Doc("Quantity that a theory predicts, drawn as a curve over the measured points.")
          Optional<String> theory,
      @Doc("Logarithmic horizontal axis.") @Default("false") boolean logX,
      @Doc("Logarithmic vertical axis.") @Default("false") boolean logY)
      implements FigureSpec {
    public Line {
      metrics = metrics.stream().map(Quantities::canonical).toList();
      theory = theory.map(Quantities::canonical);
    }

    @Override
    public void check(Named named) {
      named.methods("methods", methods);
      named.at("at", at);
      named.along(along, at, 2);
      named.plain("metrics", metrics);
      theory.ifPresent(t -> named.plain("theory", t));
    }
  }

  @Doc("What probes measured over the epochs of training, with bands over seeds.")
  record Evolution(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Histories: a split and a quantity, test/clean-accuracy, test/attacked-accuracy@8/255.")
          @Length(min = 1, max = 8)
          List<String> metrics,
      @Doc("Methods shown; all if left out.") @Default("[]") List<String> methods,
      @Doc("Values of grid keys; lines for each combination of the rest.") @Default("{}")
          Map<String, Tree> at,
      @Doc("Logarithmic vertical axis.") @Default("false") boolean logY)
      implements FigureSpec {
    public Evolution {
      metrics = metrics.stream().map(Quantities::canonical).toList();
    }

    @Override
    public void check(Named named) {
      named.methods("methods", methods);
      named.at("at", at);
      named.histories("metrics", metrics);
    }
  }

  @Doc("One quantity against another, a point a trained network.")
  record Scatter(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Quantity on the horizontal axis; of a curve its value at one epsilon.") String x,
      @Doc("Quantity on the vertical axis; of a curve its value at one epsilon.") String y,
      @Doc("Methods shown; all if left out.") @Default("[]") List<String> methods,
      @Doc("Values of grid keys; only networks that have them are shown.") @Default("{}")
          Map<String, Tree> at,
      @Doc("Logarithmic horizontal axis.") @Default("false") boolean logX,
      @Doc("Logarithmic vertical axis.") @Default("false") boolean logY)
      implements FigureSpec {
    public Scatter {
      x = Quantities.canonical(x);
      y = Quantities.canonical(y);
    }

    @Override
    public void check(Named named) {
      named.methods("methods", methods);
      named.at("at", at);
      named.plain("x", x);
      named.plain("y", y);
    }
  }

  @Doc(
      "Quantities measured at several numbers, corrupted-accuracy@1 to corrupted-accuracy@5 or a"
          + " curve over epsilon, over those numbers: a line per method and quantity, with its"
          + " band.")
  record Family(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Their names up to the number: corrupted-accuracy, attacked-accuracy.")
          @Length(min = 1, max = 20)
          List<String> metrics,
      @Doc("What the numbers are, for the axis.") @Label @Default("''") String x,
      @Doc("Methods shown; all if left out.") @Default("[]") List<String> methods,
      @Doc("Values of grid keys; lines for each combination of the rest.") @Default("{}")
          Map<String, Tree> at,
      @Doc("Draw the diagonal of a reliability diagram.") @Default("false") boolean diagonal,
      @Doc("Logarithmic horizontal axis.") @Default("false") boolean logX)
      implements FigureSpec {
    public Family {
      metrics = metrics.stream().map(Quantities::canonical).toList();
    }

    @Override
    public void check(Named named) {
      named.methods("methods", methods);
      named.at("at", at);
      named.families("metrics", metrics);
    }
  }

  @Doc("Variance of quantities over the grid and the seeds, by what it comes from; also a table.")
  record Variance(
      @Doc("Heading.") @Label @Default("''") String title,
      @Doc("Quantities; of a curve its value at one epsilon, attacked-accuracy@8/255.")
          @Length(min = 1, max = 20)
          List<String> metrics,
      @Doc("Methods shown, each by itself; all if left out.") @Default("[]") List<String> methods)
      implements FigureSpec {
    public Variance {
      metrics = metrics.stream().map(Quantities::canonical).toList();
    }

    @Override
    public void check(Named named) {
      named.methods("methods", methods);
      named.plain("metrics", metrics);
      named.grid();
    }
  }
}
