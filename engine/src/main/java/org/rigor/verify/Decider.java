// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.rigor.certify.Branching;
import org.rigor.certify.Certificates;
import org.rigor.certify.Verifier;
import org.rigor.property.Property;
import org.rigor.workspace.Models;

/**
 * Decision of many properties of one network, together: a short attack on every clause, then rounds
 * of the search with growing budgets, and longer attacks between them. A property is violated by
 * one point of one clause and verified when all are refuted.
 */
public final class Decider implements AutoCloseable {
  /** Elements of rows and boxes above which a job is cut into several. */
  private static final long MOST_ELEMENTS = 1L << 25;

  private final Models network;
  private final PointCheck points;
  private final Verifier verifier;
  private final boolean evidence;

  /** Programs that enclose rounding. */
  private static final Set<String> ENCLOSED =
      Set.of("row-judge", "root", "boxes-crown", "points", "balls");

  /** Returns whether a program of verdicts, by its name, encloses rounding. */
  public static boolean encloses(String program) {
    String own = program.replaceFirst("-once$", "");
    return ENCLOSED.contains(own)
        || Certificates.names().stream().anyMatch(c -> own.equals("certify-" + c));
  }

  /** Told of each property as soon as it is decided, and at the end of those that are not. */
  @FunctionalInterface
  public interface Listener {
    void decided(int property, Verdict verdict);
  }

  /**
   * @param network one model, which must stay open while this is used
   */
  public Decider(Models network) {
    this(network, false);
  }

  /**
   * @param network one model, which must stay open while this is used
   * @param evidence whether verdicts say what proves them; the network must come from an ONNX file
   */
  public Decider(Models network, boolean evidence) {
    this(network, new Options(evidence, Branching.INTERCEPT));
  }

  /**
   * How properties are decided.
   *
   * @param evidence whether verdicts say what proves them; the network must come from an ONNX file
   * @param branching by which units cells are split
   */
  public record Options(boolean evidence, Branching branching) {}

  /**
   * @param network one model, which must stay open while this is used
   */
  public Decider(Models network, Options options) {
    if (network.count() != 1) {
      throw new IllegalArgumentException("decide: needs one model, got " + network.count());
    }
    this.network = network;
    this.evidence = options.evidence();
    this.points = new PointCheck(network);
    this.verifier = new Verifier(network, options.branching());
  }

  /**
   * Decides properties.
   *
   * @param seconds that the job as a whole may take; 0 asks for nothing
   * @param stops asked between rounds: whether to end with what is known
   * @param listener called once for each property, on this thread
   * @throws IllegalArgumentException if a property has other numbers of inputs or outputs, or a row
   *     that no double holds
   */
  public void decide(
      List<Property> properties, double seconds, BooleanSupplier stops, Listener listener) {
    int inputs = Math.toIntExact(network.network().input().size());
    for (Property p : properties) {
      if (p.inputs() != inputs || p.outputs() != network.network().outputs()) {
        throw new IllegalArgumentException(
            "decide: the network has %d inputs and %d outputs, the property %d and %d"
                .formatted(inputs, network.network().outputs(), p.inputs(), p.outputs()));
      }
    }
    long begin = System.nanoTime();
    for (int from = 0, to; from < properties.size(); from = to) {
      to = end(properties, from);
      int first = from;
      double left = Math.max(0, seconds - (System.nanoTime() - begin) / 1e9);
      double own = left * (to - from) / (properties.size() - from); // what others left, too
      Listener told = (i, verdict) -> listener.decided(first + i, verdict);
      Job job =
          new Job(
              network, points, verifier, properties.subList(from, to), own, evidence, stops, told);
      job.run();
    }
  }

  /** Returns the end of the properties whose clauses fit in memory together; at least one. */
  private static int end(List<Property> properties, int from) {
    long elements = 0;
    int to = from;
    while (to < properties.size() && (to == from || elements <= MOST_ELEMENTS)) {
      Property p = properties.get(to++);
      long rows = p.clauses().stream().mapToLong(c -> c.rows().size()).sum();
      elements += rows * p.outputs() + (long) p.clauses().size() * p.inputs();
    }
    return to;
  }

  @Override
  public void close() {
    verifier.close();
    points.close();
  }
}
