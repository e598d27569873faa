// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.tensor.TensorType;

/**
 * Primitive operation and everything the engine knows of it. Implementations are records, so equal
 * operations are equal objects; the contract test finds every one of them. Derivative, stacking and
 * bound rules build graph: they return traced {@link Value}s, so transforms compose.
 */
public interface Op {
  /**
   * Returns the type of the result.
   *
   * @throws IllegalArgumentException saying which operand is wrong, what it must be and what it is
   */
  TensorType type(List<TensorType> in);

  /**
   * Returns the cotangent of each input given the cotangent of {@code y}; null where no derivative
   * flows.
   */
  List<Value> vjp(Value y, Value ct);

  /**
   * Returns the tangent of {@code y}. Null is a zero tangent, both in {@code tangents} and as the
   * result.
   */
  Value jvp(Value y, List<Value> tangents);

  /** Returns what a backend executes to compute {@code y} from its inputs. */
  Lowering lower(Value y);

  /**
   * Applies the same operation with an extra axis of extent {@code extent} after the model axis.
   * Inputs with {@code stacked.get(i)} carry it at axis 1, the others lack it; the result carries
   * it.
   */
  Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent);

  /**
   * Returns true if the result is linear in input {@code i} (additive and homogeneous, no constant
   * term) while the other inputs are held fixed. Then {@link #vjp} of that input is also the rule
   * for backward linear bounds.
   */
  default boolean linearIn(int i) {
    return false;
  }

  /**
   * Returns true if the result is linear in all floating inputs together, as a sum is. Then {@link
   * #vjp} is the rule for backward linear bounds of each of them.
   */
  default boolean additive() {
    return false;
  }

  /**
   * Returns the largest number of roundings on the way to an element of the {@link #vjp} of input
   * {@code i}, if the operation is linear in it. With n roundings the error is at most gamma_n
   * times the result that absolute values of all factors give.
   */
  default int roundings(Value y, int i) {
    throw noBoundRule(y);
  }

  /**
   * Returns whether every element of the result is an element of the one operand or a constant, as
   * in a transposed copy. Bounds then refine the operand, whose elements a layout may repeat. The
   * default false only costs tightness or time.
   */
  default boolean movesElements() {
    return false;
  }

  /**
   * Returns the linear operation that agrees with {@code y} except at padding of -infinity, where
   * it gives 0; {@code y} itself if it has no such padding.
   */
  default Value zeroPadded(Value y) {
    return y;
  }

  /**
   * Returns whether {@link #relax} gives padding of -infinity in its operand the coefficient 0, so
   * that any value may stand there.
   */
  default boolean ignoresPadding() {
    return false;
  }

  /**
   * Returns whether coefficients that all samples share stay shared on the way to the operands that
   * move, by the {@link #vjp} on one sample: samples lie along axis 1, and what does not move is
   * the same for each. The default false only costs time.
   *
   * @param moves whether an operand depends on the network's input
   */
  default boolean treatsSamplesAlike(Value y, Predicate<Value> moves) {
    return false;
  }

  /**
   * Encloses the real-arithmetic {@code y} when each input lies in its interval, all rounding in
   * F64 included.
   *
   * @throws UnsupportedOperationException if there is no such rule, naming the op and its line
   */
  default Interval bound(Value y, List<Interval> in) {
    throw noBoundRule(y);
  }

  /**
   * Returns lines that enclose {@code y} while each input lies in its interval, for an operation
   * that is not jointly linear in its inputs and is elementwise or reduces axes to extent 1. Each
   * input gets a pair of lines, and their sum encloses {@code y}; null for an input that the
   * others' lines account for. All inputs have the extents of the result except along reduced axes.
   *
   * @throws UnsupportedOperationException if there is no such rule, naming the op and its line
   */
  default List<Lines> relax(Value y, List<Interval> in) {
    throw noBoundRule(y);
  }

  /**
   * Returns whether the lower line of {@link #relax} may have any slope between two, through the
   * origin, so that a search can choose it (alpha-CROWN, Xu et al. 2021).
   */
  default boolean choosesSlope() {
    return false;
  }

  /**
   * Relaxes as {@link #relax(Value, List)} does, with lower lines of chosen slopes where the
   * operand has both signs.
   *
   * @param slope of each element; one out of range, or NaN, counts as the least allowed
   * @throws UnsupportedOperationException unless {@link #choosesSlope}
   */
  default List<Lines> relax(Value y, List<Interval> in, Value slope) {
    throw noBoundRule(y);
  }

  /**
   * Returns where to cut the interval of the operand of an elementwise operation, so that lines on
   * either side are closer to it than one pair of lines; null if cuts do not help, or are those at
   * 0 of an operation that {@link #choosesSlope}.
   */
  default Value cut(Value y, Interval x) {
    return null;
  }

  /**
   * Numbers, element by element, the functions of the network's input that {@code y} is around a
   * point: elements of equal number are the same function there, and those of number 0 are
   * constant. A rule may ignore a kink of this operation itself, for nothing is compared there. The
   * default claims nothing: each element is a different function.
   *
   * @param in intervals of the operands at the point
   * @param of numbers of the operands' elements, F64; null where an operand is constant; at least
   *     one is not null
   * @param fresh numbers that no other element has, shaped like {@code y}
   */
  default Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    return fresh;
  }

  /**
   * Returns whether sample b of {@code y} depends on sample b of its operands alone, given that
   * samples lie along axis 1 of {@code y} and of every moving operand, equally many in each. There
   * is no default: an operation that joined samples silently would falsify every per-sample
   * measurement.
   *
   * @param moves whether an operand depends on the network's input
   * @throws MissingRuleException if the operation does not say
   */
  default boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    throw new MissingRuleException("rule on samples", y, "");
  }

  /**
   * Returns an upper bound of the Lipschitz constant of {@code y} as a function of the network's
   * input, over all inputs, from those of its operands.
   *
   * @throws MissingRuleException if there is no such rule for these operands
   */
  default double slope(Value y, Slopes of) {
    throw new MissingRuleException("slope rule", y, "it has no bound on all inputs");
  }

  /**
   * Returns the range, over all real t, of the derivative of an elementwise function of one
   * operand, or of its difference quotients where it has none. Empty if it is not known.
   */
  default Optional<Range> derivatives() {
    return Optional.empty();
  }

  /**
   * Returns the range, over all real t, of the derivative f(t) + t f'(t) of t f(t), for an
   * elementwise function f of one operand: the slopes of a unit that f gates, such as SiLU. Empty
   * if it is not known.
   */
  default Optional<Range> gatedSlopes() {
    return Optional.empty();
  }

  /**
   * Returns whether {@link #slope} reads the values of operands that do not depend on the input.
   */
  default boolean slopeReadsOperands() {
    return false;
  }

  /**
   * Returns true if, wherever its interval is finite, the result is elementwise and jointly
   * continuous in its floating inputs, with {@link #jvp} as its derivative almost everywhere. Its
   * change is then bounded by that derivative.
   */
  default boolean continuous() {
    return false;
  }

  /**
   * Returns the exception for a bound that cannot be computed: skipping an operation would be
   * unsound.
   */
  default MissingRuleException noBoundRule(Value y) {
    return new MissingRuleException("bound rule", y, "");
  }

  /**
   * Returns a simpler equal value, or {@code y} itself; must keep the value's bits for all inputs.
   */
  default Value fold(Value y) {
    return y;
  }

  /** Returns the name in printed programs. */
  default String name() {
    return getClass().getSimpleName();
  }
}
