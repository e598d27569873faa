// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.tensor.Shape;

/**
 * A value from which bounds propagate backward: a pre-activation, or the logits.
 *
 * @param units its shape without models and rows
 * @param bent whether it is not affine in the input, so that ascent may tighten its sides
 * @param before numbers of the starts that its own bounds depend on
 * @param bends bent values below it with free lower slopes, in topological order. Elements of all
 *     of them are numbered on.
 * @param hull what each row bounds by a hull of its own
 */
record Start(
    Shape units, boolean bent, Set<Integer> before, List<Bend> bends, Optional<Hull.Affine> hull) {
  /**
   * A value that an operation bends and whose interval can be split.
   *
   * @param number of it among those below the logits, -1 if it is not
   * @param start number of the start that it is, -1 if it only moves elements of one
   * @param node position of the node of an ONNX file that bends it, -1 if there is none
   * @param cut whether it can be cut anywhere; else by its sign
   * @param images its shape [H, W, C], if the file has [C, H, W]; else null
   */
  record Bend(int number, int start, int node, int size, boolean cut, Shape images) {
    private static final Pattern NODE = Pattern.compile("node (\\d+) .*");

    /**
     * @param origin of the operation that bends it
     * @param units its shape without models and rows
     * @param onImages whether a node's operand is kept with channels last
     */
    static Bend of(
        int number, int start, String origin, Shape units, boolean cut, IntPredicate onImages) {
      Matcher m = NODE.matcher(origin);
      int node = m.matches() ? Integer.parseInt(m.group(1)) : -1;
      Shape images = node >= 0 && onImages.test(node) ? units : null;
      return new Bend(number, start, node, Math.toIntExact(units.size()), cut, images);
    }

    /** Returns the place of an element in the row-major order of the file. */
    int inFile(int element) {
      if (images == null) {
        return element;
      }
      int channels = images.dim(2);
      return element % channels * images.dim(0) * images.dim(1) + element / channels;
    }
  }

  int size() {
    return Math.toIntExact(units.size());
  }

  /** Returns whether some bent value can be cut anywhere. */
  boolean cuts() {
    return bends.stream().anyMatch(Bend::cut);
  }

  /** Returns this start with hulls in its rows. */
  Start with(Hull.Affine of) {
    return new Start(units, bent, before, bends, Optional.of(of));
  }

  /** Returns how many numbers a row chooses besides multipliers: slopes, then those of its hull. */
  int numbers() {
    return width() + hull.map(Hull.Affine::numbers).orElse(0);
  }

  /** Returns the elements of all bent values. */
  int width() {
    return bends.stream().mapToInt(Bend::size).sum();
  }

  /** Returns the position of a bent value by its number among those below the logits, or -1. */
  int find(int number) {
    for (int i = 0; i < bends.size(); i++) {
      if (bends.get(i).number() == number) {
        return i;
      }
    }
    return -1;
  }

  /** Returns the position of the bent value that an element belongs to. */
  int bendOf(int element) {
    int bend = 0;
    int end = bends.get(0).size();
    while (element >= end) {
      end += bends.get(++bend).size();
    }
    return bend;
  }

  /** Returns the number of the first element of a bent value. */
  int offset(int bend) {
    return bends.subList(0, bend).stream().mapToInt(Bend::size).sum();
  }
}
