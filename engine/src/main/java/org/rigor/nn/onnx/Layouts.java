// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Semantics of operators that only move, select or repeat elements. */
final class Layouts {
  private static final List<Integer> TO_FILE = List.of(0, 3, 1, 2);
  private static final List<Integer> TO_IMAGES = List.of(0, 2, 3, 1);

  /** Where an axis of the file is in [M, N, H, W, C]. */
  private static final int[] IMAGE_AXIS = {1, 4, 2, 3};

  /** More pieces than this are an oversight of the exporter, or hostile. */
  private static final int MOST_PIECES = 1024;

  private Layouts() {}

  /** Concatenates along an axis other than the batch. */
  static Operand concat(Call c) {
    long axis = c.integer("axis", 0);
    if (c.operand(0) instanceof Ints) {
      if (axis != 0 && axis != -1) {
        throw new IllegalArgumentException("integers are joined along axis 0, got " + axis);
      }
      return Ints.joined(IntStream.range(0, c.all().size()).mapToObj(c::ints).toList());
    }
    List<Term> terms = IntStream.range(0, c.all().size()).mapToObj(c::term).toList();
    Term first = terms.get(0);
    int at = first.axis(axis);
    if (terms.stream().anyMatch(t -> t.rank() != first.rank())) {
      throw new IllegalArgumentException("operands must have one rank");
    }
    boolean alike = terms.stream().allMatch(t -> Objects.equals(t.batch(), first.batch()));
    if (!alike) {
      return joined(terms, at, c.batch());
    }
    if (at == 1 && terms.stream().allMatch(Term::channelsLast)) {
      return Term.ofImages(F.concat(4, terms.stream().map(Term::stored).toList()), first.batch());
    }
    List<Term> along = terms.stream().map(t -> t.along(at)).toList();
    Value joined = F.concat(along.get(0).at(at), along.stream().map(Term::value).toList());
    return new Term(joined, along.get(0).batch());
  }

  /** Joins constants and what depends on the input; that fits a batch of one alone. */
  private static Term joined(List<Term> terms, int axis, int samples) {
    List<Batch> free =
        terms.stream().filter(t -> t.batched() && t.batch().free()).map(Term::batch).toList();
    if (free.stream().distinct().count() > 1) {
      throw new IllegalArgumentException("operands must hold samples on one axis");
    }
    List<Value> all = new ArrayList<>();
    for (Term term : terms) {
      Term t = term.along(axis);
      Value v = t.across(t.rank(), -1);
      all.add(F.broadcast(v, v.shape().with(1, samples)));
    }
    return Term.ofAll(F.concat(axis + 2, all), Batch.NOWHERE);
  }

  /** Permutes axes; a change between channels first and last costs nothing. */
  static Operand transpose(Call c) {
    Term x = c.term(0);
    long[] perm = c.integers("perm");
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      order.add(perm == null ? x.rank() - 1 - i : place(perm, i, x.rank()));
    }
    boolean all = IntStream.range(0, x.rank()).allMatch(order::contains);
    if (!all || (perm != null && perm.length != x.rank())) {
      throw new IllegalArgumentException(
          "perm " + Arrays.toString(perm) + " is not an order of " + x.rank() + " axes");
    }
    boolean front = !x.batched() || x.batch().leads();
    if (front && order.equals(TO_FILE) && !x.channelsLast()) {
      return Term.ofImages(x.stored(), x.batch());
    }
    if (order.equals(TO_IMAGES) && x.channelsLast()) {
      return new Term(x.stored(), x.batch());
    }
    List<Integer> stored = new ArrayList<>(x.batched() ? List.of(0, 1) : List.of(0));
    for (int a : order) {
      if (!x.batched() || !x.batch().alone() || a != x.batch().axis()) {
        stored.add(x.at(a));
      }
    }
    Batch batch = x.batched() ? x.batch().at(order.indexOf(x.batch().axis())) : null;
    return new Term(F.transpose(x.value(), stored), batch);
  }

  /** Returns an axis of perm; -1 if there is none, since perm counts no axis from the end. */
  private static int place(long[] perm, int i, int rank) {
    return i < perm.length && perm[i] < rank ? (int) Math.max(perm[i], -1) : -1;
  }

  /**
   * Traces Slice; starts, ends, axes and steps are attributes up to operator set 9, then operands.
   */
  static Operand slice(Call c) {
    boolean old = c.opset() < 10;
    long[] starts = old ? c.integers("starts") : c.ints(1).known("the starts");
    long[] ends = old ? c.integers("ends") : c.ints(2).known("the ends");
    for (int i = 2; !old && i < 5; i++) {
      if (c.has(i) && c.ints(i).kind() != c.ints(1).kind()) {
        throw new IllegalArgumentException("starts, ends, axes and steps must be of one type");
      }
    }
    long[] axes = old ? c.integers("axes") : c.has(3) ? c.ints(3).known("the axes") : null;
    long[] steps = !old && c.has(4) ? c.ints(4).known("the steps") : null;
    int n = starts.length;
    if (ends.length != n
        || (axes != null && axes.length != n)
        || (steps != null && steps.length != n)) {
      throw new IllegalArgumentException("starts, ends, axes and steps must be as many");
    }
    Operand out = c.operand(0);
    int[] d = out.dims();
    boolean[] cut = new boolean[d.length];
    for (int i = 0; i < n; i++) {
      long axis = axes == null ? i : axes[i];
      long at = axis < 0 ? axis + d.length : axis;
      if (at < 0 || at >= d.length || cut[(int) at]) {
        throw new IllegalArgumentException("axis " + axis + " is outside the axes, or cut twice");
      }
      cut[(int) at] = true;
      out = sliced(out, (int) at, d[(int) at], starts[i], ends[i], steps == null ? 1 : steps[i]);
    }
    return out;
  }

  private static Operand sliced(Operand x, int axis, int extent, long start, long end, long step) {
    if (step < 1) {
      throw new IllegalArgumentException("steps must be at least 1 to be supported, got " + step);
    }
    if (start == 0 && end >= Integer.MAX_VALUE && step == 1) {
      return x;
    }
    if (x.wide()[axis] != extent) {
      throw new IllegalArgumentException("the batch cannot be cut; samples must stay apart");
    }
    long from = Math.max(0, Math.min(extent, start < 0 ? start + extent : start));
    long to = Math.max(0, Math.min(extent, end < 0 ? end + extent : end));
    if (from >= to && x instanceof Term) {
      throw new IllegalArgumentException(
          "elements %d to %d of axis %d with extent %d are none"
              .formatted(start, end, axis, extent));
    }
    int count = (int) ((Math.max(0, to - from) + step - 1) / step);
    if (x instanceof Ints v) {
      int[] at = IntStream.range(0, count).map(i -> (int) (from + i * step)).toArray();
      return v.at(at, count);
    }
    Term t = ((Term) x).along(axis);
    return new Term(
        F.slice(t.value(), t.at(axis), (int) from, count, (int) Math.min(step, extent)), t.batch());
  }

  /**
   * Splits an axis into as many parts as there are results, equal ones where no sizes are given.
   */
  static List<Operand> split(Call c) {
    Operand x = c.operand(0);
    int[] d = x.dims();
    long axis = c.integer("axis", 0);
    long at = axis < 0 ? axis + d.length : axis;
    if (at < 0 || at >= d.length) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank " + d.length);
    }
    int extent = d[(int) at];
    if (x.wide()[(int) at] != extent) {
      throw new IllegalArgumentException("the batch cannot be cut; samples must stay apart");
    }
    long[] sizes = sizes(c, extent);
    List<Operand> parts = new ArrayList<>();
    long from = 0;
    for (long size : sizes) {
      if (size < 1 || size > extent - from) {
        throw new IllegalArgumentException(
            "the parts must have at least 1 element and %d together, got %s"
                .formatted(extent, Arrays.toString(sizes)));
      }
      parts.add(sliced(x, (int) at, extent, from, from + size, 1));
      from += size;
    }
    if (from != extent) {
      throw new IllegalArgumentException(
          "the parts %s are not the %d elements of axis %d"
              .formatted(Arrays.toString(sizes), extent, axis));
    }
    return parts;
  }

  private static long[] sizes(Call c, int extent) {
    int parts = c.results();
    long[] given =
        c.opset() < 13 ? c.integers("split") : c.has(1) ? c.longs(1).known("the sizes") : null;
    long counted = c.opset() < 18 ? parts : c.integer("num_outputs", given == null ? 0 : parts);
    if (counted != parts || given != null && given.length != parts) {
      throw new IllegalArgumentException(
          "states %d parts, has %d results"
              .formatted(given == null ? counted : given.length, parts));
    }
    if (given != null) {
      return given;
    }
    if (c.opset() < 18 && extent % parts != 0) {
      throw new IllegalArgumentException(
          extent + " elements cannot be split into " + parts + " equal parts");
    }
    long each = (extent + parts - 1L) / parts; // as of 18 the last one may be smaller
    long[] sizes = new long[parts];
    Arrays.fill(sizes, each);
    sizes[parts - 1] = extent - each * (parts - 1L);
    return sizes;
  }

  /** Gathers elements along one axis by constant positions, a scalar or a list. */
  static Operand gather(Call c) {
    long axis = c.integer("axis", 0);
    Operand data = c.operand(0);
    Ints index = c.ints(1);
    long[] positions = index.known("the positions");
    if (index.dims().length > 1 || positions.length < 1 || positions.length > MOST_PIECES) {
      throw new IllegalArgumentException(
          "positions must be a number or a list of 1 to " + MOST_PIECES + ", got " + index);
    }
    boolean scalar = index.dims().length == 0;
    int at = data instanceof Term t ? t.axis(axis) : 0;
    if (data instanceof Ints && axis != 0 && axis != -1) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank 1");
    }
    int extent = data.dims().length == 0 ? 1 : data.dims()[at];
    int[] from = new int[positions.length];
    for (int i = 0; i < from.length; i++) {
      long p = positions[i] < 0 ? positions[i] + extent : positions[i];
      if (p < 0 || p >= extent) {
        throw new IllegalArgumentException(
            "position " + positions[i] + " is outside the extent " + extent);
      }
      from[i] = (int) p;
    }
    if (data instanceof Ints v) {
      return v.at(from, index.dims());
    }
    Term t = ((Term) data).along(at);
    Value y = picked(t.value(), t.at(at), from);
    return scalar
        ? new Term(
            F.reshape(y, y.shape().remove(t.at(at))), t.batched() ? t.batch().without(at) : null)
        : new Term(y, t.batch());
  }

  /** Selects elements at the given positions of an axis; runs of neighbours move together. */
  static Value picked(Value v, int axis, int[] from) {
    if (from.length == v.shape().dim(axis)
        && IntStream.range(0, from.length).allMatch(i -> from[i] == i)) {
      return v;
    }
    List<Value> pieces = new ArrayList<>();
    for (int i = 0; i < from.length; ) {
      int n = 1;
      while (i + n < from.length && from[i + n] == from[i] + n) {
        n++;
      }
      pieces.add(F.slice(v, axis, from[i], from[i] + n));
      i += n;
    }
    if (pieces.size() > MOST_PIECES) {
      throw new IllegalArgumentException("moves " + pieces.size() + " pieces, too many");
    }
    return F.concat(axis, pieces);
  }

  /** Pads with a constant; negative pads crop. */
  static Operand pad(Call c) {
    Term x = c.term(0);
    c.choice("mode", "constant", "constant");
    boolean old = c.opset() < 11;
    long[] pads = old ? c.integers("pads") : c.longs(1).known("the pads");
    double value = old ? c.real("value", 0) : c.has(2) ? c.scalar(2) : 0;
    long[] axes = !old && c.has(3) ? c.ints(3).known("the axes") : null;
    int n = axes == null ? x.rank() : axes.length;
    if (pads.length != 2 * n) {
      throw new IllegalArgumentException(
          "pads must be " + 2 * n + " numbers, got " + Arrays.toString(pads));
    }
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("the padding must be finite, got " + value);
    }
    int[] before = new int[x.rank()];
    int[] after = new int[x.rank()];
    for (int i = 0; i < n; i++) {
      int at = x.axis(axes == null ? i : axes[i]);
      before[at] = Math.toIntExact(pads[i]);
      after[at] = Math.toIntExact(pads[n + i]);
    }
    int[] moved =
        IntStream.range(0, x.rank()).filter(i -> before[i] != 0 || after[i] != 0).toArray();
    Term along = x.along(moved);
    boolean images = along.channelsLast();
    Value v = along.stored();
    for (int at : moved) {
      v = padded(v, images ? IMAGE_AXIS[at] : along.at(at), before[at], after[at], value);
    }
    return along.with(v);
  }

  private static Value padded(Value v, int axis, int before, int after, double value) {
    int extent = v.shape().dim(axis);
    int from = Math.max(0, -before);
    int to = Math.subtractExact(extent, Math.max(0, -after));
    if (from >= to) {
      throw new IllegalArgumentException("padding cuts off all of an axis of " + extent);
    }
    Value kept = to - from < extent ? F.slice(v, axis, from, to) : v;
    int front = Math.max(0, before);
    int back = Math.max(0, after);
    if (front == 0 && back == 0) {
      return kept;
    }
    Math.addExact(Math.addExact(front, back), to - from);
    Value zeros = F.pad(kept, axis, front, back, 0);
    if (value == 0) {
      return zeros;
    }
    // Add the padding value, so that the operation stays linear; the sum is exact.
    Value none = F.fill(v.dtype(), kept.shape().with(0, 1), 0);
    return F.add(zeros, F.pad(none, axis, front, back, value));
  }

  /** Repeats axes of extent 1, as in NumPy; a constant may be repeated over the batch. */
  static Operand expand(Call c) {
    Term x = c.term(0);
    Ints target = c.longs(1);
    int rank = Math.max(x.rank(), target.size());
    int[] to = new int[rank];
    Batch batch = x.batched() ? x.batch().behind(rank - x.rank()) : null;
    for (int i = 0; i < rank; i++) {
      int own = i - (rank - x.rank());
      int asked = i - (rank - target.size());
      long have = own < 0 ? 1 : x.dims()[own];
      long want = asked < 0 ? 1 : target.one()[asked];
      to[i] = Math.toIntExact(Math.max(have, want));
      boolean fits = want >= 1 && (want == have || have == 1 || want == 1);
      long many = asked < 0 ? 1 : target.many()[asked];
      if (fits && many != want) {
        // The batch repeats a constant, or is what the axis counts already.
        fits = many == want * Batch.MANY && (batch == null ? have == 1 : batch.free());
        fits = fits && (batch == null || batch.axis() == i && want == have);
        batch = batch == null && fits ? new Batch(i, 1, to[i], true) : batch;
      } else if (batch != null && batch.axis() == i && batch.free()) {
        fits = fits && want == 1;
      }
      if (!fits) {
        throw new IllegalArgumentException("cannot repeat " + x.extents() + " to " + target);
      }
    }
    if (batch == null) {
      return Term.constant(
          F.broadcast(x.aligned(rank), Shape.of(to).insert(0, x.stored().shape().models())));
    }
    Value all = x.across(rank, -1);
    Shape s = Shape.of(to).insert(0, c.batch()).insert(0, all.shape().models());
    return Term.ofAll(F.broadcast(all, s), stays(batch, to));
  }

  /** Returns the place of samples if its axis still counts them alone, else nowhere. */
  private static Batch stays(Batch batch, int[] to) {
    return batch.free() || batch.axis() >= 0 && to[batch.axis()] == 1 ? batch : Batch.NOWHERE;
  }
}
