// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.tensor.TensorType;

/**
 * A primitive: everything the engine knows of one operation. Implementations are records, so that
 * equal operations are equal objects; the contract test finds every one of them. Derivative,
 * stacking and bound rules build graph: they return traced {@link Value}s, so transforms compose.
 */
public interface Op {
  /**
   * Type of the result.
   *
   * @throws IllegalArgumentException saying which operand is wrong, what was required and got
   */
  TensorType type(List<TensorType> in);

  /** Cotangent of each input given the cotangent of {@code y}; null where no derivative flows. */
  List<Value> vjp(Value y, Value ct);

  /**
   * Tangent of {@code y}. A null entry of {@code tangents} is a zero tangent; a null result is one
   * too.
   */
  Value jvp(Value y, List<Value> tangents);

  /** What a backend executes to compute {@code y} from its inputs. */
  Lowering lower(Value y);

  /**
   * The same operation with an axis of extent {@code extent} between the model axis and the rest:
   * inputs with {@code stacked.get(i)} carry it at axis 1, the others do not; the result does.
   */
  Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent);

  /**
   * True if the result is linear in input {@code i} (additive and homogeneous, no constant term)
   * while the other inputs are held fixed. Then {@link #vjp} of that input is also the rule for
   * backward linear bounds.
   */
  default boolean linearIn(int i) {
    return false;
  }

  /**
   * True if the result is linear in all floating inputs together, as a sum is. Then {@link #vjp} is
   * the rule for backward linear bounds of each of them.
   */
  default boolean additive() {
    return false;
  }

  /**
   * Most rounded operations that an element of the {@link #vjp} of input {@code i} goes through, if
   * the operation is linear in it: with n of them the error is at most gamma_n times what absolute
   * values of all factors give.
   */
  default int roundings(Value y, int i) {
    throw noBoundRule(y);
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
   * Returns lines around a function that is not linear in its inputs together, elementwise or one
   * that reduces axes to extent 1, while each input lies in its interval: a pair of lines an input,
   * the sum of which encloses {@code y}; null for an input that the others' lines account for. All
   * inputs have the extents of the result, but for axes that are reduced.
   *
   * @throws UnsupportedOperationException if there is no such rule, naming the op and its line
   */
  default List<Lines> relax(Value y, List<Interval> in) {
    throw noBoundRule(y);
  }

  /**
   * Numbers, element by element, the functions of the network's input that {@code y} is around a
   * point: elements of equal number are the same function there, those of number 0 are constant. A
   * kink of this operation itself may be passed over, for there nothing is compared. The default
   * says nothing: each element is a function of its own.
   *
   * @param in intervals of the operands at the point
   * @param of numbers of the operands' elements, F64; null where an operand is constant; at least
   *     one is not null
   * @param fresh numbers that no other element has, of the shape of {@code y}
   */
  default Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    return fresh;
  }

  /**
   * Whether sample b of {@code y} depends on sample b of its operands alone, if samples lie along
   * axis 1 of {@code y} and of all that moves, as many in each. There is no default: an operation
   * that joins samples in silence would make every measurement of a sample wrong.
   *
   * @param moves whether an operand depends on the network's input
   * @throws MissingRuleException if the operation does not say
   */
  default boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    throw new MissingRuleException("rule on samples", y, "");
  }

  /**
   * At least the Lipschitz constant of {@code y} as a function of the network's input, on all
   * inputs, from those of its operands.
   *
   * @throws MissingRuleException if there is no such rule for these operands
   */
  default double slope(Value y, Slopes of) {
    throw new MissingRuleException("slope rule", y, "it has no bound on all inputs");
  }

  /** Whether {@link #slope} asks for the numbers of operands that do not depend on the input. */
  default boolean slopeReadsOperands() {
    return false;
  }

  /**
   * True if the result is elementwise and continuous in its floating inputs together, wherever its
   * interval is finite, with {@link #jvp} for its derivative almost everywhere: it then changes by
   * no more than that derivative says.
   */
  default boolean continuous() {
    return false;
  }

  /** Why a bound cannot be computed: skipping an operation would be unsound. */
  default MissingRuleException noBoundRule(Value y) {
    return new MissingRuleException("bound rule", y, "");
  }

  /** A simpler equal value, or {@code y} itself; must keep the value's bits for all inputs. */
  default Value fold(Value y) {
    return y;
  }

  /** Name in printed programs. */
  default String name() {
    return getClass().getSimpleName();
  }
}
